"""A class that is not there

In a confusion matrix the row is the true class and the column the predicted one. A class without any pixel
has no IoU: 0/0 is *not a number*, and the mean leaves it out. A class of the truth that is never found is
another matter: its IoU is 0.
"""

from math import isnan, nan

confusion = [
    [3, 1, 0, 1],  # of class 0: three are right, two are taken for 1 and 3
    [0, 1, 0, 0],
    [0, 0, 0, 0],  # no pixel is of class 2, and none was predicted
    [0, 0, 0, 0],  # class 3 was predicted once, and is nowhere
]

ious = []
for label, row in enumerate(confusion):
    predicted = sum(other[label] for other in confusion)
    union = sum(row) + predicted - row[label]
    ious.append(row[label] / union if union else nan)

counted = [iou for iou in ious if not isnan(iou)]
mean_iou = sum(counted) / len(counted)

print("IoU ", *(f"{iou:.2f}" for iou in ious))
print(f"mIoU {mean_iou:.3f}, the mean of {len(counted)} classes")
