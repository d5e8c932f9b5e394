"""The exercises of lesson 05: a tiny U-Net, its parts, and one step of its training."""
