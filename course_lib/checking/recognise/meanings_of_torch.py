"""What the texts of torch's errors mean, in plain words."""

from __future__ import annotations

OF_TORCH = (
    (
        r"weight of size \[[\d, ]+\], expected input\[[\d, ]+\] to have (\d+) channels, but got (\d+) channels",
        "A convolution is made for {0} channels and gets {1}: follow the channels from layer to layer.",
    ),
    (
        r"Sizes of tensors must match except in dimension 1. Expected size (\d+) but got size (\d+)",
        "Maps of unlike sizes are joined: {0} and {1} rows or columns. What should have brought them to one size?",
    ),
    (
        r"argument 'tensors' \(position 1\) must be tuple of Tensors|cat\(\) received an invalid combination",
        "`torch.cat` takes all tensors as one list{line}: `torch.cat([a, b], dim=...)`.",
    ),
    (
        r"TypeError: torch\.nn\.modules\.\w+\.(\w+) is not a Module subclass",
        "`nn.{0}` is only the kind of layer. With brackets it makes one: `nn.{0}()`.",
    ),
    (
        r"(?:list|tuple) is not a Module subclass",
        "`nn.Sequential` takes the layers one by one, not in a list: leave out the square brackets.",
    ),
    (
        r"is not a Module subclass",
        "`nn.Sequential` takes layers, such as `nn.ReLU()`, not functions.",
    ),
    (
        r"Padding size (\d+) is not supported for (\d)D input tensor",
        "`F.pad` gets {0} numbers{line} for a tensor of {1} axes. To fill up both rows and columns it takes four: "
        "(left, right, top, bottom).",
    ),
    (
        r"does not require grad and does not have a grad_fn",
        "`backward` finds no gradient{line}: what it is called on was not computed from the weights in a way that a "
        "gradient can go back. `argmax`, `.item()`, `.detach()` and `torch.no_grad()` each cut the way off.",
    ),
    (
        r"Kernel size can't be greater than actual input size",
        "A convolution's kernel is larger than the map that it gets. Is padding missing before it?",
    ),
    (
        r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)",
        "Two tensors do not fit each other value by value{line}: along axis {2} they have {0} and {1} places.",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied \((\w+) and (\w+)\)",
        "Matrices of {0} and {1} cannot be multiplied{line}: the first needs as many columns as the second has rows.",
    ),
    (
        r"Target (-?\d+) is out of bounds",
        "The loss gets the id {0}{line}, and no class has it. Should it be left out?",
    ),
    (
        r"Class values must be (?:smaller than num_classes|non-negative)",
        "`one_hot` gets an id{line} that no class has. Should it be left out?",
    ),
    (
        r"Expected dtype int64 for index|expected scalar type Long|one_hot is only applicable to index tensor|"
        r"tensors used as indices must be",
        "Ids have to be whole numbers there{line}, of 64 bits: `.long()`.",
    ),
    (
        r"could not infer output dtype|Input dtype must be either a floating point or complex",
        "A mean is asked for of whole numbers{line}, and torch wants decimals: `.float()` first.",
    ),
    (
        r"a (?:view of a )?leaf Variable that requires grad .* in-place operation",
        "A tensor is written into{line} that torch needs as it is, for the gradient. Make a new tensor.",
    ),
    (
        r"Can't call numpy\(\) on Tensor that requires grad",
        "A tensor with a gradient does not become an array{line}. Where none is needed, `.detach()` comes first.",
    ),
    (
        r"Index tensor must have the same number of dimensions as input tensor",
        "`gather` takes an index with as many axes as what it picks from{line}: give the ids an axis for the classes, "
        "with `unsqueeze` at the place where the classes are.",
    ),
)  # fmt: skip
