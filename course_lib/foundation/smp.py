"""A U-Net from segmentation-models-pytorch."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from course_lib.foundation.loaded import Loaded, open_model

SMP_ENCODER = "resnet34.imagenet"


def load_smp_unet(source: str | Path = SMP_ENCODER, download: bool = False) -> Loaded:
    """Load a U-Net with five classes from segmentation-models-pytorch.

    Args:
        source: a folder, or "resnet34.imagenet" for an encoder with ImageNet weights below a new decoder.
        download: ask the hub if neither a folder nor the cache has it.

    Raises:
        ValueError: the folder holds another architecture.
    """
    import segmentation_models_pytorch as smp
    from huggingface_hub import try_to_load_from_cache

    def load(place: str | Path, local_files_only: bool = False) -> tuple[Any, Any]:
        if Path(place).is_dir():
            with redirect_stdout(StringIO()):  # it prints "Loading weights", untrained ones too
                return smp.from_pretrained(str(place)), None
        encoder, weights = str(place).split(".")
        cached = try_to_load_from_cache(f"smp-hub/{place}", "model.safetensors")
        if local_files_only and not isinstance(cached, str):
            raise OSError(f"{place} is not in the cache")
        return smp.Unet(encoder, encoder_weights=weights, classes=5), None

    def save_small(folder: Path) -> None:
        model = smp.Unet("resnet18", encoder_weights=None, classes=5, decoder_channels=(64, 32, 16, 8, 8))
        model.save_pretrained(str(folder))

    return open_model("smp-unet", source, download, load, save_small)
