"""For those who write lessons: solutions/NN_slug.py in, both notebooks out, and the linter of their content."""
