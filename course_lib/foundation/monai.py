"""A Swin-UNETR from MONAI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from course_lib.foundation.loaded import Loaded, open_model


def load_swin_unetr(source: str | Path = "") -> Loaded:
    """Load a Swin-UNETR (Hatamizadeh et al. 2022) from MONAI, for images with two dimensions and three classes.

    Args:
        source: a folder with ``model.pt``, the state of ``SwinUNETR(3, 3, feature_size=12, spatial_dims=2)``.

    Raises:
        ValueError: the folder holds another architecture.
    """
    from monai.networks.nets import SwinUNETR
    from monai.networks.utils import save_state

    def build() -> Any:
        return SwinUNETR(in_channels=3, out_channels=3, feature_size=12, spatial_dims=2)

    def load(place: str | Path, **options: Any) -> tuple[Any, Any]:
        model = build()
        model.load_state_dict(torch.load(Path(place) / "model.pt", map_location="cpu", weights_only=True))
        return model, None

    def save_small(folder: Path) -> None:
        save_state(build(), str(folder / "model.pt"))

    return open_model("swin-unetr", source, False, load, save_small)
