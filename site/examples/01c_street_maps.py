"""The same scores, one map per class

Networks return their scores the other way round: one whole map per class, `scores[class][row][column]`. The
class map is the same, because only the order of the axes differs.
"""

scores = [
    [[0.8, 0.2], [0.1, 0.3]],  # background
    [[0.1, 0.7], [0.2, 0.3]],  # road
    [[0.1, 0.1], [0.7, 0.4]],  # car
]
classes, height, width = len(scores), len(scores[0]), len(scores[0][0])


def winner(row, column):
    return max(range(classes), key=lambda c: scores[c][row][column])


class_map = [[winner(y, x) for x in range(width)] for y in range(height)]
print(class_map)
