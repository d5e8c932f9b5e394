"""Explorers: something to move, and a picture that follows.

Each module is one explorer: pure functions from a state to plain data and to a `View`, and a thin shell of widgets
around them. Importing them does not load torch; the explorers that need it load it when they are opened.
"""

from course_lib.explorers.argmax import explore_argmax
from course_lib.explorers.convolution import explore_convolution
from course_lib.explorers.cross_entropy import explore_cross_entropy
from course_lib.explorers.losses import explore_losses
from course_lib.explorers.overlap import explore_iou
from course_lib.explorers.threshold import explore_threshold
from course_lib.explorers.training_run import explore_run
from course_lib.explorers.unet import explore_unet

__all__ = [
    "explore_argmax",
    "explore_convolution",
    "explore_cross_entropy",
    "explore_iou",
    "explore_losses",
    "explore_run",
    "explore_threshold",
    "explore_unet",
]
