"""One coin for picture and mask

A picture and its mask must be flipped together. Here the object is bright, so the mask can be checked against
the picture. If each of the two tosses its own coin, every second mask belongs to another picture, and a
network learns stripes and blobs.
"""

import random

picture = [[9, 9, 1, 1, 1], [9, 9, 9, 1, 1]]
mask = [[int(value > 5) for value in row] for row in picture]


def flip(rows):
    return [row[::-1] for row in rows]


def fits(picture, mask):
    return mask == [[int(value > 5) for value in row] for row in picture]


def one_coin(coin):
    if coin.random() < 0.5:
        return flip(picture), flip(mask)
    return picture, mask


def two_coins(coin):
    first, second = coin.random() < 0.5, coin.random() < 0.5
    return flip(picture) if first else picture, flip(
        mask
    ) if second else mask


for augment in (one_coin, two_coins):
    coin = random.Random(0)
    right = sum(fits(*augment(coin)) for _ in range(1000))
    print(f"{augment.__name__}: {right} of 1000 masks fit their picture")
