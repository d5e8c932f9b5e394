"""Your turn: the size after a transposed convolution

Undo `(out + 2p - k) // s + 1`, the size after a convolution. *Output padding* chooses among the sizes that it
maps to the same one.
"""


def transposed_size(size, kernel, stride, padding=0, output_padding=0):
    whole = (size - 1) * stride + kernel
    # blank: (size - 1) * stride + kernel
    # wrong: size * stride + kernel | The last copy of the kernel has no step after it.
    # wrong: size * stride | That is the distance of the copies; each of them is a kernel wide.
    return whole - 2 * padding + output_padding
    # blank: 2 * padding
    # wrong: padding | Padding is cut off at both sides.


print(" 2 becomes", transposed_size(2, 3, 2))
print("16 becomes", transposed_size(16, 3, 2, padding=1, output_padding=1))
