"""How large a feature map is

A convolution or a pooling with kernel *k*, stride *s* and padding *p* makes `(size + 2p - k) // s + 1` out of
a size. A 3 × 3 convolution with padding 1 keeps the size, and a pooling of 2 halves it.
"""

layers = [  # kernel, stride, padding
    ("convolution", 3, 1, 1),
    ("pooling", 2, 2, 0),
    ("convolution", 3, 1, 1),
    ("pooling", 2, 2, 0),
]

sizes = [32]
for name, kernel, stride, padding in layers:
    sizes.append((sizes[-1] + 2 * padding - kernel) // stride + 1)
    print(f"{name:11} {sizes[-2]} to {sizes[-1]}")

strided = (32 + 2 * 1 - 3) // 2 + 1
print(f"a 3 × 3 convolution with stride 2: 32 to {strided}")
