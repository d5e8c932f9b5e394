"""A transposed convolution stamps its kernel

Each pixel of the input puts a copy of the kernel, times its value, into the output; the copies are *stride*
apart, and where they overlap they are added. With a kernel of 3 and a stride of 2 some pixels get one copy,
others two or four: the checkerboard.
"""

pixels = [[1, 2], [3, 4]]
kernel = [[1, 1, 1]] * 3
STRIDE = 2

size = (len(pixels) - 1) * STRIDE + len(kernel)
output = [[0] * size for _ in range(size)]
copies = [[0] * size for _ in range(size)]
for y, row in enumerate(pixels):
    for x, value in enumerate(row):
        for dy, weights in enumerate(kernel):
            for dx, weight in enumerate(weights):
                output[y * STRIDE + dy][x * STRIDE + dx] += value * weight
                copies[y * STRIDE + dy][x * STRIDE + dx] += 1

print(f"{len(pixels)} × {len(pixels)} becomes {size} × {size}")
for sums, counts in zip(output, copies):
    print(*(f"{value:2}" for value in sums), "   copies", *counts)
