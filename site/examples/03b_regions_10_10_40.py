"""Three counts are enough

Only three numbers matter for IoU and Dice: the pixels that only the prediction has, those that only the truth
has, and those that both have.
"""

only_prediction, only_truth, both = 10, 10, 40

union = only_prediction + only_truth + both
iou = both / union
dice = 2 * both / (union + both)  # shared pixels are in both masks

print(f"IoU  {both}/{union} = {iou:.3f}")
print(f"Dice {2 * both}/{union + both} = {dice:.3f}")
