"""HTML pages for students and instructors."""
