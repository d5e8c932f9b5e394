"""How images are scaled before a network sees them: ImageNet's mean and deviation per channel, for 0..255."""

# Pretrained encoders expect them, and they suit others as well.
MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
