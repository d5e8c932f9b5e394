"""The library that the notebooks of the segmentation course import.

Importing this package loads neither torch nor matplotlib, so that the plain-Python lessons start at once:
import the part you need, e.g. ``from course_lib.metrics import ConfusionMatrix``.
"""

from course_lib.former_names import understand_former_modules

__version__ = "0.1.0"

understand_former_modules()
