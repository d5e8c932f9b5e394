"""Pictures in Markdown become attachments of their cell: notebooks are copied around, folders are not."""

from __future__ import annotations

import base64
import re
from pathlib import Path

PICTURE = re.compile(r"!\[(?P<alt>.*?)\]\((?P<target>[^()\s]+)\)", re.DOTALL)
_PNG = b"\x89PNG\r\n\x1a\n"


def embed_pictures(markdown: str, folder: Path) -> tuple[str, dict[str, dict[str, str]]]:
    """Point every picture of a text to an attachment.

    Args:
        markdown: the text.
        folder: the folder that the paths of its pictures start from.

    Returns:
        The new text, and the attachments as a notebook's cell keeps them.

    Raises:
        ValueError: a picture is missing, or is not a PNG.
    """
    attachments: dict[str, dict[str, str]] = {}

    def attach(found: re.Match[str]) -> str:
        path = folder / found["target"]
        data = base64.b64encode(_read_png(path, found["target"])).decode()
        if attachments.setdefault(path.name, {"image/png": data}) != {"image/png": data}:
            raise ValueError(f"two pictures of this cell are called {path.name}: rename one.")
        return f"![{found['alt']}](attachment:{path.name})"

    return PICTURE.sub(attach, markdown), attachments


def _read_png(path: Path, name: str) -> bytes:
    if not name.endswith(".png") or "://" in name:
        raise ValueError(
            f"the picture {name} is not a PNG beside the lesson: draw one, because JupyterLab shows no attached SVG "
            "and lessons work offline."
        )
    if not path.is_file():
        raise ValueError(f"there is no picture {name} in {path.parent}.")
    data = path.read_bytes()
    if not data.startswith(_PNG):
        raise ValueError(f"the picture {name} is called .png but is not a PNG: save it again as PNG.")
    return data
