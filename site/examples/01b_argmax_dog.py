"""Your turn: argmax with a loop

The loop walks through the scores of one pixel and remembers where the highest one so far was. Fill in both
blanks.
"""

CLASSES = ["background", "person", "dog"]

scores = [
    [[0.6, 0.3, 0.1], [0.1, 0.8, 0.1]],
    [[0.2, 0.2, 0.6], [0.7, 0.2, 0.1]],
]


def argmax(values):
    winner = 0
    for index in range(1, len(values)):
        if values[index] > values[winner]:
            # blank: >
            # wrong: < | This comparison finds the lowest score.
            winner = index
            # blank: index
    return winner


class_map = [[argmax(pixel) for pixel in row] for row in scores]
print(class_map)
print([[CLASSES[index] for index in row] for row in class_map])
