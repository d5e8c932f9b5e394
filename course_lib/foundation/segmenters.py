"""Published models that segment a photo: one function each, written as the users of their libraries write it.

Each takes the model's weights (a folder, or a name on the hub), a photo and what the model is asked; it never answers
with untrained weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from course_lib.foundation.hub import require, transformers
from course_lib.foundation.loaded import open_trained


@dataclass(frozen=True)
class Prompt:
    """What a model is asked: points (x, y) and a box (x0, y0, x1, y1) in pixels of the photo, or a noun phrase."""

    points: Sequence[Sequence[float]] = ()
    box: Sequence[float] = ()
    text: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of prompt that are given."""
        given = {"point": len(self.points), "box": len(self.box), "text": len(self.text)}
        return frozenset(kind for kind, size in given.items() if size)


@dataclass(frozen=True)
class Segmented:
    """An answer: ids uint8 (H, W), and what each id means."""

    ids: NDArray[np.uint8]
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Segmenter:
    """A published model.

    Attributes:
        run: called with the weights, the photo uint8 (H, W, 3) and the prompt.
        weights: the name of its weights on the hub; "" if they must be given as a folder.
        takes: the kinds of prompt that it takes; it needs one of them, and none if there are none.
    """

    run: Callable[[str | Path, NDArray[np.uint8], Prompt], Segmented]
    weights: str
    takes: frozenset[str] = frozenset()


def segment(name: str, image: NDArray[np.uint8], prompt: Prompt, weights: str | Path = "") -> Segmented:
    """Segment a photo with a published model.

    Args:
        name: one of SEGMENTERS.
        image: uint8 (H, W, 3).
        prompt: what is asked.
        weights: a folder that the model's library saved, or a name on the hub; by default the usual name.

    Raises:
        ValueError: the prompt does not suit the model or the photo, or no trained weights are at hand.
    """
    segmenter = SEGMENTERS[name]
    _check_prompt(name, segmenter, prompt, image.shape[1], image.shape[0])
    if not (weights or segmenter.weights):
        raise ValueError(
            f"{name} has no published weights for photos: give the folder of yours with --weights."
        )
    return segmenter.run(weights or segmenter.weights, image, prompt)


def _check_prompt(name: str, segmenter: Segmenter, prompt: Prompt, width: int, height: int) -> None:
    wanted = " or ".join(f"--{kind}" for kind in sorted(segmenter.takes, reverse=True))
    if not segmenter.takes and prompt.kinds:
        raise ValueError(
            f"{name} segments the whole photo: leave --{' and --'.join(sorted(prompt.kinds))} out."
        )
    if segmenter.takes and (not prompt.kinds or prompt.kinds - segmenter.takes):
        raise ValueError(f"{name} must be asked for something: give it {wanted}, and nothing else.")
    x0, y0, x1, y1 = prompt.box or (0, 0, 1, 1)
    places = [*prompt.points, (x0, y0), (x1, y1)]
    if any(not (0 <= x <= width and 0 <= y <= height) for x, y in places) or x0 >= x1 or y0 >= y1:
        raise ValueError(
            f"the prompt does not fit the photo, which is {width} pixels wide and {height} high: a point is X Y, "
            "a box is X0 Y0 X1 Y1 with the upper left corner first."
        )


def _loader(model: str, processor: str) -> Callable[..., tuple[Any, Any]]:
    """Return a function that loads a model's class and its processor's from a folder or the hub."""
    library = transformers(model)

    def load(place: str | Path, **options: Any) -> tuple[Any, Any]:
        return (
            getattr(library, model).from_pretrained(place, **options).eval(),
            getattr(library, processor).from_pretrained(place, **options),
        )

    return load


def run_segformer(weights: str | Path, image: NDArray[np.uint8], prompt: Prompt) -> Segmented:
    """Label every pixel with SegFormer (Xie et al. 2021)."""
    load = _loader("SegformerForSemanticSegmentation", "SegformerImageProcessor")
    model, processor = open_trained("segformer", weights, load)
    with torch.no_grad():
        outputs = model(**processor(images=image, return_tensors="pt"))
    sizes = [image.shape[:2]]
    ids = processor.post_process_semantic_segmentation(outputs, target_sizes=sizes)[0]
    return Segmented(ids.numpy().astype(np.uint8), _present(ids, model.config.id2label))


def run_mask2former(weights: str | Path, image: NDArray[np.uint8], prompt: Prompt) -> Segmented:
    """Find all segments, each with a class, with Mask2Former (Cheng et al. 2022)."""
    load = _loader("Mask2FormerForUniversalSegmentation", "AutoImageProcessor")
    model, processor = open_trained("mask2former", weights, load)
    with torch.no_grad():
        outputs = model(**processor(images=image, return_tensors="pt"))
    sizes = [image.shape[:2]]
    found = processor.post_process_panoptic_segmentation(
        outputs, label_ids_to_fuse=set(), target_sizes=sizes
    )[0]
    names = {0: "no segment"}
    for info in found["segments_info"]:
        names[info["id"]] = f"{model.config.id2label[info['label_id']]} ({info['score']:.2f})"
    return Segmented(found["segmentation"].clamp(min=0).numpy().astype(np.uint8), names)


def run_sam(weights: str | Path, image: NDArray[np.uint8], prompt: Prompt) -> Segmented:
    """Ask SAM (Kirillov et al. 2023) for what is at points or in a box."""
    return _best_mask("sam", _loader("SamModel", "SamProcessor"), weights, image, prompt)


def run_sam2(weights: str | Path, image: NDArray[np.uint8], prompt: Prompt) -> Segmented:
    """Ask SAM 2 (Ravi et al. 2024) for what is at points or in a box of one image; it also follows it in videos."""
    return _best_mask("sam2", _loader("Sam2Model", "Sam2Processor"), weights, image, prompt)


def _best_mask(
    kind: str,
    load: Callable[..., tuple[Any, Any]],
    weights: str | Path,
    image: NDArray[np.uint8],
    prompt: Prompt,
) -> Segmented:
    model, processor = open_trained(kind, weights, load)
    points = [list(point) for point in prompt.points]
    asked: dict[str, Any] = (
        {"input_points": [[points]], "input_labels": [[[1] * len(points)]]} if points else {}
    )
    if prompt.box:
        asked["input_boxes"] = [[list(prompt.box)]]
    inputs = processor(images=image, **asked, return_tensors="pt")
    with torch.no_grad():
        outputs = model(**inputs, multimask_output=True)
    frame = [inputs[name] for name in ("original_sizes", "reshaped_input_sizes") if name in inputs]
    masks = processor.post_process_masks(outputs.pred_masks, *frame)[0][0]  # (3, H, W)
    expected = outputs.iou_scores[0, 0]
    best = int(expected.argmax())
    names = {0: "background", 1: f"what you asked for (expected IoU {expected[best]:.2f})"}
    return Segmented(masks[best].numpy().astype(np.uint8), names)


def run_sam3(weights: str | Path, image: NDArray[np.uint8], prompt: Prompt) -> Segmented:
    """Ask SAM 3 (Meta 2025) for all instances of a noun phrase, such as "a cat"."""
    model, processor = open_trained("sam3", weights, _loader("Sam3Model", "Sam3Processor"))
    inputs = processor(images=image, text=prompt.text, return_tensors="pt")
    with torch.no_grad():
        outputs = model(**inputs)
    sizes = inputs["original_sizes"].tolist()
    found = processor.post_process_instance_segmentation(outputs, threshold=0.5, target_sizes=sizes)[0]
    ids, names = np.zeros(image.shape[:2], np.uint8), {0: "background"}
    for number, at in enumerate(found["scores"].argsort()[-255:], start=1):  # the surest lies on top
        ids[found["masks"][at].bool().numpy()] = number
        names[number] = f"{prompt.text} ({found['scores'][at]:.2f})"
    return Segmented(ids, names)


def run_smp(weights: str | Path, image: NDArray[np.uint8], prompt: Prompt) -> Segmented:
    """Label every pixel with a model that segmentation-models-pytorch saved, on ImageNet's mean and spread."""
    smp = require("segmentation_models_pytorch", "smp")

    def load(place: str | Path, **options: Any) -> tuple[Any, Any]:
        with redirect_stdout(StringIO()):  # it prints "Loading weights"
            return smp.from_pretrained(str(place), **options).eval(), None

    model, _ = open_trained("smp", weights, load)
    pixels = (image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    batch = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()  # (1, 3, H, W)
    height, width = image.shape[:2]
    fitted = torch.nn.functional.pad(batch, (0, -width % 32, 0, -height % 32), mode="replicate")
    with torch.no_grad():
        ids = model(fitted)[0, :, :height, :width].argmax(dim=0)
    return Segmented(ids.numpy().astype(np.uint8), _present(ids, {}))


def _present(ids: torch.Tensor, names: Mapping[int, str]) -> dict[int, str]:
    return {number: names.get(number, f"class {number}") for number in ids.unique().tolist()}


_PLACES = frozenset({"point", "box"})
SEGMENTERS: dict[str, Segmenter] = {
    "segformer": Segmenter(run_segformer, "nvidia/segformer-b0-finetuned-ade-512-512"),
    "mask2former": Segmenter(run_mask2former, "facebook/mask2former-swin-tiny-coco-panoptic"),
    "sam": Segmenter(run_sam, "facebook/sam-vit-base", _PLACES),
    "sam2": Segmenter(run_sam2, "facebook/sam2.1-hiera-tiny", _PLACES),
    "sam3": Segmenter(run_sam3, "facebook/sam3", frozenset({"text"})),
    "smp": Segmenter(run_smp, ""),
}
"""The models of `course segment`."""
