"""The exercises of lesson 15: the course once more, from a blank page."""
