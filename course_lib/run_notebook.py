"""Run the cells of a notebook in a fresh process of this Python, whatever kernels a machine has."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets import default

CELL_SECONDS = 600


class _ThisPython(AsyncKernelManager):
    """Starts kernels with this Python: a registered ``python3`` may be another environment."""

    @default("kernel_spec_manager")
    def _look_nowhere_else(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[], parent=self)


@contextmanager
def started_kernel(
    notebook: NotebookNode,
    folder: Path,
    *,
    seconds: float = CELL_SECONDS,
    allow_errors: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[NotebookClient]:
    """Start a kernel for a notebook and yield its client; the kernel ends with the block.

    It counts no tries and reads no user settings: progress and IPython's folder are temporary.

    Args:
        notebook: the notebook whose cells are run; their outputs are written into it.
        folder: the current folder of the cells.
        seconds: how long a cell may run before it is interrupted.
        allow_errors: whether to go on after a cell that raises or takes too long.
        environment: further variables for the kernel.
    """
    client = NotebookClient(
        notebook,
        kernel_manager_class=_ThisPython,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        timeout=int(seconds),
        allow_errors=allow_errors,
        interrupt_on_timeout=allow_errors,
        record_timing=False,
        coalesce_streams=True,
    )
    with TemporaryDirectory(prefix="course-") as temporary:
        own = {"COURSE_PROGRESS": f"{temporary}/progress.json", "IPYTHONDIR": f"{temporary}/ipython"}
        with client.setup_kernel(cwd=str(folder), env={**os.environ, **own, **(environment or {})}):
            yield client
