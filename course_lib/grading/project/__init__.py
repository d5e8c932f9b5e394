"""Lesson 07's project, graded on a test split that only the instructor has."""
