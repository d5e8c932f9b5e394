"""A dilated convolution skips pixels

With a dilation of 2 the weights of a kernel are two pixels apart: a 2 × 2 kernel sees the corners of 3 × 3
pixels, with four weights.
"""

image = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
kernel = [[1, 2], [3, 4]]


def convolution(image, kernel, dilation):
    reach = dilation * (len(kernel) - 1)
    return [
        [
            sum(
                weight * image[y + dilation * dy][x + dilation * dx]
                for dy, row in enumerate(kernel)
                for dx, weight in enumerate(row)
            )
            for x in range(len(image[0]) - reach)
        ]
        for y in range(len(image) - reach)
    ]


print("dilation 1", convolution(image, kernel, 1))
print("dilation 2", convolution(image, kernel, 2))
