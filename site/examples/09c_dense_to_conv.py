"""A dense layer is a convolution

The last layer of a classifier reads a whole feature map of 2 × 2. The same weights as a 2 × 2 kernel give the
same score, and on a larger map they give a map of scores instead of an error. That makes a network *fully
convolutional*.
"""

weights = [[1.0, -2.0], [0.5, 3.0]]  # of one class


def dense(features):
    flat = [value for row in features for value in row]
    flat_weights = [weight for row in weights for weight in row]
    pairs = zip(flat, flat_weights, strict=True)
    return sum(value * weight for value, weight in pairs)


def window(features, y, x):
    return [row[x : x + 2] for row in features[y : y + 2]]


def convolution(features):
    height, width = len(features) - 1, len(features[0]) - 1
    return [
        [dense(window(features, y, x)) for x in range(width)]
        for y in range(height)
    ]


small = [[4.0, 1.0], [2.0, 1.0]]
large = [[4.0, 1.0, 0.0], [2.0, 1.0, 1.0]]
print("dense layer       ", dense(small))
print("convolution       ", convolution(small))
print("on a larger map   ", convolution(large))
