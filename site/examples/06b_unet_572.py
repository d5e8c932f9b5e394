"""Your turn: convolutions without padding

The first U-Net padded nothing: a 3 × 3 convolution takes one pixel from each side, and there are two of them
on each level. Fill in what happens to the size on the way down and on the way up.
"""


def output_size(size, poolings=4):
    for _ in range(poolings):
        size = (size - 4) // 2
        # blank: (size - 4) // 2
        # wrong: (size - 2) // 2 | A level has two convolutions, and each takes one pixel from both sides.
        # wrong: size // 2 - 4 | The pooling comes after both convolutions.
    size = size - 4  # the bottleneck
    for _ in range(poolings):
        size = 2 * size - 4
        # blank: 2 * size - 4
        # wrong: 2 * size | There are two convolutions on the way up, too.
        # wrong: 2 * (size - 4) | The transposed convolution comes first: double, then take away.
    return size


print("572 becomes", output_size(572))
print("188 becomes", output_size(188))
