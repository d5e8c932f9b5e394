"""The exercises of lesson 09: sizes going up, stamps and checkerboards, dense layers as convolutions, added skips."""
