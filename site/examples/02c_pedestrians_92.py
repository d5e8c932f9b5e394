"""92 % right, and every pedestrian missed

The rarer a class, the less of the accuracy depends on it. Per-class IoU has no such blind spot.
"""

CLASSES = ["road", "car", "pedestrian"]
truth = [0] * 62 + [1] * 30 + [2] * 8  # 100 pixels of a street
prediction = [0] * 62 + [1] * 30 + [0] * 8  # pedestrians taken for road

accuracy = sum(p == t for p, t in zip(prediction, truth)) / len(truth)
print(f"accuracy {accuracy:.2f}")

for label, name in enumerate(CLASSES):
    both = sum(p == t == label for p, t in zip(prediction, truth))
    either = sum(label in pair for pair in zip(prediction, truth))
    print(f"{name:10} IoU {both / either:.2f}")
