"""Names of earlier releases: notebooks that were handed out, progress files and submissions still use them."""

EXERCISES = {
    "accumulate-gradients": "accumulated-step",
    "added-skips": "fuse-scores",
    "all-background": "all-background-scores",
    "ce-map": "loss-map",
    "ce-mean": "mean-loss",
    "ce-one-pixel": "pixel-loss",
    "ce-plus-dice": "combined-loss",
    "ce-wiring": "prepare",
    "checkpoint-stages": "run-stages",
    "connected-components": "label-components",
    "conv-parameters": "double-conv-parameters",
    "downsample-sizes": "follow-sizes",
    "fine-tune-groups": "finetune-groups",
    "focal": "focal-loss",
    "image-dataset": "pair-dataset",
    "instances-to-semantic": "semantic-map",
    "logits-shape": "read-shape",
    "mend-blur": "see-wide",
    "mend-crops": "crop-pairs",
    "mend-edges": "full-logits",
    "mend-labels": "read-labels",
    "mend-loss": "balanced-loss",
    "mend-memory": "predict-all",
    "mend-score": "count-pixels",
    "mend-sizes": "fit",
    "mend-skips": "decode",
    "name-causes-a-e": "causes-a-to-e",
    "name-causes-f-j": "causes-f-to-j",
    "oversampling": "draw-chances",
    "paired-crop": "crop-pair",
    "pedestrians-92": "misleading-pair",
    "pixel-accuracy-ignore": "pixel-accuracy-ignoring",
    "poly-and-steps": "decayed-rate",
    "pool-or-stride": "halve",
    "skip-concat-add": "join",
    "transposed-16": "transposed-size",
    "transposed-2x2": "transposed-convolution",
    "trimap-ids": "trimap-to-targets",
    "weighted-ce": "weighted-cross-entropy",
    "which-logits": "read-logits",
}
"""The former id of an exercise, and the one that it has now."""


def current_id(exercise_id: str) -> str:
    """Return the id that an exercise has now, for one that it has or had; any other text as it is."""
    return EXERCISES.get(exercise_id, exercise_id)
