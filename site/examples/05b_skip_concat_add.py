"""Two ways to join a skip connection

The features of the encoder meet those of the decoder at the same height and width. *Concatenation*, as in a
U-Net, keeps both and has twice the channels. *Addition*, as in an FCN, mixes them, and needs the same number
of channels on both sides.
"""

import numpy as np

encoder = np.ones((1, 64, 32, 32))  # (N, C, H, W): sharp, from the way down
decoder = np.full((1, 64, 32, 32), 2.0)  # from the way up

concatenated = np.concatenate([encoder, decoder], axis=1)
added = encoder + decoder

print("concatenated", concatenated.shape)
print("added       ", added.shape)
