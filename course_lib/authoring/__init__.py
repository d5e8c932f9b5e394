"""For authors of lessons: solutions/NN_slug.py in, both notebooks out, and the linter of their content."""
