"""The exercises of lesson 06: the full U-Net, block by block, its parameters and its sizes."""
