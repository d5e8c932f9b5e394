"""The exercises of lesson 01: argmax of a list, of a grid and of arrays; what the wrong axis hides; how close a class was."""
