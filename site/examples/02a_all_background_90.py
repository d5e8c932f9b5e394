"""Nine pixels of ten are background

A model that has learnt nothing but to say *background* gets 90 % of these pixels right, and finds no pet at
all. The mean of the classes' IoU tells the two apart. What does the accuracy become if the pet covers 20
pixels?
"""

PET_PIXELS, ALL_PIXELS = 10, 100
truth = [1] * PET_PIXELS + [0] * (ALL_PIXELS - PET_PIXELS)  # 1 is pet
prediction = [0] * ALL_PIXELS


def iou(label):
    pairs = [(p == label, t == label) for p, t in zip(prediction, truth)]
    return sum(p and t for p, t in pairs) / sum(p or t for p, t in pairs)


accuracy = sum(p == t for p, t in zip(prediction, truth)) / ALL_PIXELS
pet_iou = iou(1)
mean_iou = (iou(0) + iou(1)) / 2

print(f"accuracy {accuracy:.2f}")
print(f"pet IoU  {pet_iou:.2f}")
print(f"mIoU     {mean_iou:.2f}")
