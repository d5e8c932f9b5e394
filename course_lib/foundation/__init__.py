"""Large pretrained models through their own libraries: transformers, segmentation-models-pytorch, MONAI.

Each loader takes a folder that the library saved, or the name of a model on the hub, which may also be in this
machine's cache; ``download=True`` asks the hub. If no model can be found, a small one of the same architecture is
saved and loaded through the library's own files; its note says that the weights are untrained.
"""

from course_lib.foundation.loaded import Loaded, have
from course_lib.foundation.monai import load_swin_unetr
from course_lib.foundation.smp import load_smp_unet
from course_lib.foundation.transformers import load_sam, load_segformer, prompt_masks

__all__ = [
    "Loaded",
    "have",
    "load_sam",
    "load_segformer",
    "load_smp_unet",
    "load_swin_unetr",
    "prompt_masks",
]
