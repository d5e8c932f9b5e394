"""IoU and Dice of two small masks

Both scores compare the pixels of a prediction with those of the truth. The *intersection* counts the pixels
that both have, the *union* those that at least one of them has. IoU is their ratio; Dice is twice the
intersection, divided by the sizes of both masks together. Take more pixels out of the prediction: which of
the two scores falls faster?
"""

prediction = [
    [0, 0, 1, 1],
    [0, 1, 1, 1],
    [0, 1, 1, 0],
    [0, 0, 0, 0],
]
truth = [
    [0, 1, 1, 1],
    [0, 1, 1, 0],
    [0, 1, 1, 0],
    [0, 0, 0, 0],
]


def pixels(mask):
    return {(y, x) for y in range(4) for x in range(4) if mask[y][x] == 1}


p, t = pixels(prediction), pixels(truth)
intersection = len(p & t)
union = len(p | t)
iou = intersection / union
dice = 2 * intersection / (len(p) + len(t))

print(f"intersection {intersection}, union {union}")
print(f"IoU  {iou:.3f}")
print(f"Dice {dice:.3f}")
