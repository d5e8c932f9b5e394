"""Nothing predicted

The truth has 1,000 pixels of the pet and the prediction none. IoU and Dice are 0: the intersection is empty,
the union is not.
"""

truth = set(range(1000))  # the numbers of the pet's pixels
prediction = set()

iou = len(truth & prediction) / len(truth | prediction)
dice = 2 * len(truth & prediction) / (len(truth) + len(prediction))

print(f"IoU {iou}, Dice {dice}")
