"""The exercises of lesson 04: cross-entropy of one pixel, of a map and of a batch, and how to wire it."""
