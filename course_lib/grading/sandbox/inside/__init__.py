"""What runs on the far side of the wall, where a student's code runs: it knows no reference, no seed, no grade.

These modules import nothing but Python, NumPy and each other. They are copied beside the library that a student's
code may import, and are started there.
"""
