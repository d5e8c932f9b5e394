"""The exercises of lesson 01: argmax of a list, of a grid and of arrays, and what it hides."""
