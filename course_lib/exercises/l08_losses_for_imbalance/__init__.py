"""The exercises of lesson 08: losses for rare classes, and drawing the pictures that hold them more often."""
