"""Ask the course's promptable network about one image, in pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from course_lib.models.promptable import (
    BACKGROUND,
    BOTTOM_RIGHT,
    FOREGROUND,
    PADDING,
    SIZE,
    TOP_LEFT,
    PromptableNet,
)

Place = Sequence[float]


class EncodedImage:
    """An image that the network has read once, ready to be asked as often as you like."""

    def __init__(self, model: PromptableNet, image: NDArray[np.uint8]) -> None:
        """Encode an image.

        Args:
            model: from :func:`course_lib.models.promptable.load_promptable`.
            image: uint8 (96, 128, 3).

        Raises:
            ValueError: the image has another size or type.
        """
        if image.dtype != np.uint8 or image.shape != (*SIZE, 3):
            raise ValueError(
                f"the image is {image.dtype} of shape {image.shape}, but this network was trained on uint8 images of "
                f"shape {(*SIZE, 3)}: draw or scale yours to that size."
            )
        self.model = model
        pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            self.encoded = model.encode(pixels)

    def ask(
        self, points: Sequence[Place] = (), not_points: Sequence[Place] = (), box: Place = ()
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Ask for what is at some points, or in a box.

        Args:
            points: up to two (x, y) in pixels that belong to what is meant.
            not_points: one (x, y) that does not belong to it.
            box: (x0, y0, x1, y1) in pixels.

        Returns:
            Logits of three masks, (3, 96, 128), above 0 where they are on, and the IoU expected of each, (3,).

        Raises:
            ValueError: nothing, too much or a place outside the image was given.
        """
        places, kinds = _tokens(points, not_points, box)
        with torch.no_grad():
            logits, expected = self.model.ask(self.encoded, places[None], kinds[None])
        return _enlarged(logits)[0], expected[0].numpy()

    def segments(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return mask logits (12, 96, 128) and class logits (12, 6) of all queries; the last class is "no segment"."""
        with torch.no_grad():
            masks, classes = self.model.all_segments(self.encoded)
        return _enlarged(masks)[0], classes[0].numpy()


def _tokens(
    points: Sequence[Place], not_points: Sequence[Place], box: Place
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return two places (2, 2) as shares of the image and what they mean (2,)."""
    corners = [tuple(box[:2]), tuple(box[2:])] if len(box) else []
    marked = [(point, FOREGROUND) for point in points] + [(point, BACKGROUND) for point in not_points]
    if bool(corners) == bool(marked) or len(marked) > 2 or len(points) < len(not_points):
        raise ValueError(
            "ask with one or two points, with a point and a not_point, or with a box, and with one of these only."
        )
    marked += list(zip(corners, (TOP_LEFT, BOTTOM_RIGHT), strict=False))
    height, width = SIZE
    outside = [place for place, _ in marked if not (0 <= place[0] <= width and 0 <= place[1] <= height)]
    if outside:
        raise ValueError(
            f"{tuple(outside[0])} is not in the image: x runs from 0 to {width}, y from 0 to {height}, x first."
        )
    if len(marked) == 1:
        marked.append(((0, 0), PADDING))
    shares = torch.tensor([[x, y] for (x, y), _ in marked]).float() / torch.tensor([width, height])
    return shares, torch.tensor([kind for _, kind in marked])


def _enlarged(logits: torch.Tensor) -> NDArray[np.float32]:
    return F.interpolate(logits, size=SIZE, mode="bilinear", align_corners=False).numpy()
