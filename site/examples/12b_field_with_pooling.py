"""What a pixel of the output has seen

A layer adds `(kernel - 1) * dilation` steps to the receptive field, and a step is as wide as all strides
before it make it. So downsampling makes every later convolution see further.
"""

layers = [  # kernel, stride, dilation
    ("convolution", 3, 1, 1),
    ("pooling", 2, 2, 1),
    ("convolution", 3, 1, 1),
]

field, step = 1, 1
for name, kernel, stride, dilation in layers:
    field += (kernel - 1) * dilation * step
    step *= stride
    print(f"{name:11}  sees {field} × {field} pixels")
