"""The class with the highest score, for every pixel

A network gives each pixel one score per class. The class of a pixel is the one with the highest score:
*argmax* is the index of that score, not the score itself. Here is a street of 2 × 2 pixels. Let the car lose
in the last pixel, and see which class takes its place.
"""

CLASSES = ["background", "road", "car"]

scores = [  # scores[row][column][class]
    [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]],
    [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]],
]


def argmax(values):
    return max(range(len(values)), key=lambda index: values[index])


class_map = [[argmax(pixel) for pixel in row] for row in scores]

print(class_map)
for row in class_map:
    print(*(CLASSES[index] for index in row))
