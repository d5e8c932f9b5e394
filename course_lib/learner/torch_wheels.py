"""Which wheels of torch to install: ``make`` runs this file before anything is installed, so it needs only Python.

    python course_lib/learner/torch_wheels.py uv|pip [cpu|cuda]

It prints arguments for the installer, and says on the other stream which wheels they choose, and why. For Linux the
ordinary wheels of torch bring CUDA, some 5 GB that a machine without an NVIDIA GPU has no use for.
"""

from __future__ import annotations

import shutil
import sys
import urllib.error
import urllib.request

CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
SECONDS = 5


def installer_arguments(installer: str, wanted: str, has_gpu: bool, answers: bool) -> tuple[str, str]:
    """Choose the wheels.

    Args:
        installer: "uv" or "pip".
        wanted: "cpu" or "cuda" if somebody chose; "" leaves it to the machine.
        has_gpu: whether there is an NVIDIA GPU.
        answers: whether PyTorch's index of CPU wheels can be reached.

    Returns:
        Arguments for the installer, and a sentence.
    """
    if wanted == "cuda" or (has_gpu and wanted != "cpu"):
        why = "as you asked" if wanted else "for the NVIDIA GPU of this machine"
        return "", f"torch comes with CUDA, {why}; TORCH=cpu takes the smaller wheels."
    why = "as you asked" if wanted else "as there is no NVIDIA GPU here"
    if not answers:
        return (
            "",
            f"torch should come without CUDA, {why}, but {CPU_WHEELS} does not answer: the usual wheels, 5 GB more.",
        )
    choice = "--torch-backend=cpu" if installer == "uv" else f"--extra-index-url {CPU_WHEELS}"
    return choice, f"torch comes without CUDA, {why}: 5 GB less; TORCH=cuda takes the other wheels."


def answers(address: str = CPU_WHEELS) -> bool:
    """Return whether an index can be reached."""
    try:
        with urllib.request.urlopen(f"{address}/torch/", timeout=SECONDS):
            return True
    except (OSError, urllib.error.URLError):
        return False


def main(installer: str, wanted: str = "") -> int:
    """Print the arguments, and say on stderr what they choose; return an exit code."""
    if wanted not in ("", "cpu", "cuda"):
        print(f"TORCH={wanted} is not known: cpu or cuda.", file=sys.stderr)
        return 2
    if sys.platform != "linux":
        return 0  # elsewhere the usual wheels have no CUDA
    has_gpu = shutil.which("nvidia-smi") is not None
    arguments, sentence = installer_arguments(installer, wanted, has_gpu, answers())
    print(arguments)
    print(sentence, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
