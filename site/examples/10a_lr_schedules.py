"""Three schedules of the learning rate

*Warm-up and cosine* rises for five epochs and then falls like half a wave. *Poly* falls to 0 along a power.
*Steps* takes a tenth at each milestone.
"""

from math import cos, pi

BASE, EPOCHS = 0.1, 50


def warmup_cosine(epoch, warmup=5):
    if epoch < warmup:
        return BASE * epoch / warmup
    return BASE * (1 + cos(pi * (epoch - warmup) / (EPOCHS - warmup))) / 2


def poly(epoch, power=0.9):
    return BASE * (1 - epoch / EPOCHS) ** power


def steps(epoch, milestones=(30, 60, 90), gamma=0.1):
    return BASE * gamma ** sum(
        epoch >= milestone for milestone in milestones
    )


print("epoch  warm-up and cosine    poly   steps")
for epoch in (0, 2.5, 5, 27.5, 30, 50):
    warm = warmup_cosine(epoch)
    print(f"{epoch:5}{warm:20.4f}{poly(epoch):8.4f}{steps(epoch):8.4f}")
