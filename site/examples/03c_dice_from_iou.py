"""Your turn: Dice from IoU

Either score can be computed from the other. Fill in Dice, given the IoU.
"""


def dice_from_iou(iou):
    return 2 * iou / (1 + iou)
    # blank: 2 * iou / (1 + iou)
    # wrong: iou / (2 - iou) | That is the way back: IoU from Dice.
    # wrong: 2 * iou / (2 + iou) | The union counts as 1 here, and the intersection once more: divide by 1 + IoU.


for iou in (0.0, 0.5, 0.75, 1.0):
    print(f"IoU {iou:.2f}   Dice {dice_from_iou(iou):.3f}")
