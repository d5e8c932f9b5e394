"""Large pretrained models through their own libraries: transformers, segmentation-models-pytorch, MONAI.

Each loader takes a folder that the library saved, or the name of a model that the hub has and this machine may have
in its cache; ``download=True`` asks the hub. Where none is to be had, a small model of the same architecture is
saved and loaded through the library's own files, and says that its weights are untrained.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from course_lib.foundation.hub import COMMAND, hub_answers, transformers
from course_lib.paths import data_home

SEGFORMER = "nvidia/segformer-b0-finetuned-ade-512-512"
SAM = "facebook/sam-vit-base"
SMP_ENCODER = "resnet34.imagenet"
SAM_SIDE = 64  # of the small SAM's images; the published one has 1024

Load = Callable[..., tuple[Any, Any]]


@dataclass(frozen=True)
class Loaded:
    """A model with what belongs to it.

    Attributes:
        model: in evaluation mode.
        processor: what makes its inputs from an image; None where the library has none.
        trained: False for a small model whose weights are as they were drawn.
        note: one sentence: where it comes from.
    """

    model: Any
    processor: Any
    trained: bool
    note: str


def have(*packages: str) -> bool:
    """Say whether packages are installed; where one is not, print the command that installs them all."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        print(f"Left out: this needs {' and '.join(missing)}. In the course's folder: {COMMAND}")
    return not missing


def load_segformer(source: str | Path = SEGFORMER, download: bool = False) -> Loaded:
    """Load a SegFormer (Xie et al. 2021) that labels every pixel.

    Args:
        source: a folder, or a name on the hub.
        download: ask the hub where neither a folder nor the cache has it.

    Raises:
        ValueError: the folder holds another architecture.
    """
    library = transformers("SegFormer")
    kind, processor = library.SegformerForSemanticSegmentation, library.SegformerImageProcessor

    def load(place: str | Path, **options: Any) -> tuple[Any, Any]:
        return kind.from_pretrained(place, **options), processor.from_pretrained(place, **options)

    def save_small(folder: Path) -> None:
        sizes = {
            "hidden_sizes": [16, 32, 64, 96],
            "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 4, 6],
        }
        config = library.SegformerConfig(**sizes, decoder_hidden_size=64, num_labels=150)
        kind(config).save_pretrained(folder)
        processor(size={"height": 128, "width": 128}).save_pretrained(folder)

    return _open("segformer", source, download, load, save_small)


def load_sam(source: str | Path = SAM, download: bool = False) -> Loaded:
    """Load a SAM (Kirillov et al. 2023), which is asked with points and boxes.

    Args, raises: as :func:`load_segformer`.
    """
    library = transformers("SAM")
    kind, processor = library.SamModel, library.SamProcessor

    def load(place: str | Path, **options: Any) -> tuple[Any, Any]:
        return kind.from_pretrained(place, **options), processor.from_pretrained(place, **options)

    def save_small(folder: Path) -> None:
        side, half = SAM_SIDE, SAM_SIDE // 2
        frame = {"image_size": side, "patch_size": 8}
        heads = {"num_hidden_layers": 2, "num_attention_heads": 2}
        vision = {
            "hidden_size": 48,
            "output_channels": 32,
            "mlp_dim": 96,
            "num_pos_feats": 16,
            "window_size": 4,
        }
        config = library.SamConfig(
            vision_config={**frame, **heads, **vision, "global_attn_indexes": [1]},
            prompt_encoder_config={**frame, "hidden_size": 32, "mask_input_channels": 4},
            mask_decoder_config={**heads, "hidden_size": 32, "mlp_dim": 64, "iou_head_hidden_dim": 32},
        )
        kind(config).save_pretrained(folder)
        images = library.SamImageProcessor(
            size={"longest_edge": side},
            pad_size={"height": side, "width": side},
            mask_size={"longest_edge": half},
            mask_pad_size={"height": half, "width": half},
        )
        processor(images).save_pretrained(folder)

    return _open("sam", source, download, load, save_small)


def load_smp_unet(source: str | Path = SMP_ENCODER, download: bool = False) -> Loaded:
    """Load a U-Net of segmentation-models-pytorch with five classes.

    Args:
        source: a folder, or "resnet34.imagenet" for an encoder with ImageNet weights below a new decoder.
        download: ask the hub where neither a folder nor the cache has it.

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

    return _open("smp-unet", source, download, load, save_small)


def load_swin_unetr(source: str | Path = "") -> Loaded:
    """Load a Swin-UNETR (Hatamizadeh et al. 2022) of MONAI, for images with two dimensions and three classes.

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

    return _open("swin-unetr", source, False, load, save_small)


def prompt_masks(
    sam: Loaded, image: NDArray[np.uint8], point: Sequence[float] = (), box: Sequence[float] = ()
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Ask a SAM for the masks at a point, or in a box.

    Args:
        sam: of :func:`load_sam`.
        image: (H, W, 3).
        point: (x, y) in pixels of the image.
        box: (x0, y0, x1, y1) in pixels of the image.

    Returns:
        Three masks (3, H, W), and the IoU that the model expects of each, (3,).

    Raises:
        ValueError: neither or both are given, or they do not lie in the image.
    """
    if bool(len(point)) == bool(len(box)):
        raise ValueError("give a point (x, y) or a box (x0, y0, x1, y1), one of the two.")
    height, width = image.shape[:2]
    corners = [(*point, *point)] if len(point) else [tuple(box)]
    x0, y0, x1, y1 = corners[0]
    if not (0 <= x0 <= x1 <= width and 0 <= y0 <= y1 <= height):
        raise ValueError(
            f"{'the point' if len(point) else 'the box'} {tuple(point or box)} does not lie in the image: x runs from "
            f"0 to {width}, y from 0 to {height}, and a box is (x0, y0, x1, y1)."
        )
    prompt = {"input_points": [[list(point)]]} if len(point) else {"input_boxes": [[list(box)]]}
    inputs = sam.processor(image, **prompt, return_tensors="pt")
    with torch.no_grad():
        out = sam.model(**inputs, multimask_output=True)
    masks = sam.processor.post_process_masks(  # enlarged to the image's size, then cut at 0
        out.pred_masks, inputs["original_sizes"], inputs["reshaped_input_sizes"]
    )
    return masks[0][0].numpy().astype(bool), out.iou_scores[0, 0].numpy()


def _open(
    name: str, source: str | Path, download: bool, load: Load, save_small: Callable[[Path], None]
) -> Loaded:
    """Load from a folder, the cache, the hub, or a small model of our own, in this order."""
    if source and Path(source).is_dir():
        return _loaded(_from_folder(name, Path(source), load), True, f"Loaded from {source}.")
    pair, where = _by_name(source, download, load) if source else (None, "no weights were given")
    if pair:
        return _loaded(pair, True, where)
    folder = _untrained(name, save_small)
    return _loaded(
        _from_folder(name, folder, load),
        False,
        f"A small {name} with untrained weights, because {where}: its shapes mean something, its masks do not.",
    )


def _by_name(source: str | Path, download: bool, load: Load) -> tuple[tuple[Any, Any] | None, str]:
    """Return what the cache or the hub has under a name, and where it is from; or None, and why."""
    try:
        return load(source, local_files_only=True), f"{source}, from this machine's cache."
    except (OSError, ValueError):
        if not download:
            return None, f"{source} is not on this machine"
    if not hub_answers():
        return None, "the hub cannot be reached"
    try:
        return load(source), f"{source}, downloaded."
    except (OSError, ValueError) as error:
        return None, f"the hub did not give {source} ({' '.join(str(error).split())[:120]})"


def _untrained(name: str, save_small: Callable[[Path], None]) -> Path:
    """Return the folder of a small model, saved on first use."""
    folder = data_home() / "models" / f"{name}-untrained"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as scratch, torch.random.fork_rng():
            torch.manual_seed(0)
            unfinished = Path(scratch) / "model"
            unfinished.mkdir()
            save_small(unfinished)
            unfinished.rename(folder)
    return folder


def _loaded(pair: tuple[Any, Any], trained: bool, note: str) -> Loaded:
    return Loaded(pair[0].eval(), pair[1], trained, note)


def _from_folder(name: str, folder: Path, load: Load) -> tuple[Any, Any]:
    """Load from a folder that the library saved, which must hold this architecture."""
    config = folder / "config.json"
    kind = json.loads(config.read_text("utf-8")).get("model_type", name) if config.is_file() else name
    if kind != name:
        raise ValueError(f"{folder} holds the weights of {kind}, not of {name}: give the folder of a {name}.")
    try:
        return load(folder)
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{folder} holds no {name} that its library can load ({reason}).") from error
