"""Your turn: mean IoU over three classes

Each class has its own intersection and union: a pixel belongs to the class, or it does not. Fill in both, and
the mean.
"""

prediction = [0, 1, 1, 2, 1, 0, 0, 0, 2]  # 3 × 3 pixels, row by row
truth = [0, 1, 2, 2, 1, 0, 0, 1, 2]
pairs = list(zip(prediction, truth))

ious = []
for label in (0, 1, 2):
    intersection = sum(p == label and t == label for p, t in pairs)
    # blank: p == label and t == label
    # wrong: p == t | That counts the right pixels of all classes together.
    union = sum(p == label or t == label for p, t in pairs)
    # blank: p == label or t == label
    # wrong: t == label | You divided by the pixels of the truth only: that is recall.
    # wrong: p == label | You divided by the pixels of the prediction only: that is precision.
    ious.append(intersection / union)
    print(f"class {label}: {intersection}/{union} = {ious[-1]:.3f}")

mean_iou = sum(ious) / len(ious)
# blank: sum(ious) / len(ious)
# wrong: sum(ious) | That is the sum of the three.
print(f"mIoU {mean_iou:.3f}")
