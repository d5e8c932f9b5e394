"""The exercises of lesson 12: dilated convolutions, receptive fields, and three ways to see a whole scene."""
