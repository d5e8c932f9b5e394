"""From instances to classes

An instance map gives every object its own number; a semantic map gives every pixel its class. So the second
follows from the first, and never the other way round: two cats that touch become one region.
"""

CLASS_NAMES = ["background", "cat", "dog"]
class_of = {0: 0, 1: 1, 2: 1, 3: 2}  # two cats and a dog

instances = [
    [0, 0, 0, 0, 0, 0, 3],
    [1, 1, 0, 2, 2, 0, 3],
    [1, 1, 1, 2, 2, 3, 3],
    [1, 0, 1, 2, 2, 3, 3],
]
semantic = [[class_of[number] for number in row] for row in instances]

for row in semantic:
    print(*row)
for index, name in enumerate(CLASS_NAMES):
    objects = [number for number in (1, 2, 3) if class_of[number] == index]
    pixels = sum(row.count(index) for row in semantic)
    print(f"{name}: {pixels} pixels, objects {objects}")
