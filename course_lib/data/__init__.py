"""Pets: drawn by code or downloaded, checked, decoded once, and augmented together with their masks."""
