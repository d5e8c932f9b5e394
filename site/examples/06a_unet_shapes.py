"""The sizes and the weights of the full U-Net

Four times the size is halved and the channels are doubled, from 64 to 1,024; then everything is undone, level
by level. Each level has two 3 × 3 convolutions, and each way up a transposed 2 × 2 convolution before them.
Where are most of the weights?
"""

WIDTHS = [64, 128, 256, 512, 1024]
IN_CHANNELS, CLASSES, SIZE = 3, 21, 256

size, channels, kernels = SIZE, IN_CHANNELS, 0
for width in WIDTHS:
    if width != WIDTHS[0]:
        size = size // 2  # a pooling before each level but the first
    kernels += 9 * channels * width + 9 * width * width
    channels = width
    print(f"down  {size:3} × {size:<3}  {channels:4} channels")
bottleneck = size

for width in reversed(WIDTHS[:-1]):
    size = 2 * size
    kernels += 4 * channels * width  # the transposed convolution
    kernels += 9 * 2 * width * width  # the skip has as many channels again
    kernels += 9 * width * width
    channels = width
    print(f"up    {size:3} × {size:<3}  {channels:4} channels")

kernels += channels * CLASSES
print(f"head  {size:3} × {size:<3}  {CLASSES:4} classes")
print(f"weights in all kernels: {kernels:,}")
