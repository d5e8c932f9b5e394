"""The results of experiments: files in ``experiments/results``, one per claim, with what every seed gave.

A result holds ``experiment``, ``claim``, ``source`` (the hash of the code that gave it), ``seeds``, ``minutes``,
``devices``, ``versions``, ``figures`` (mean and spread of each), ``holds`` (for each sentence of the claim, whether
each seed agrees) and ``runs`` (figures and curves of every seed). It needs only Python's standard library.
"""

from __future__ import annotations

import ast
import hashlib
import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.files import write_text

EXPERIMENTS = "experiments"
FOLDER = "results"
_HASH_DIGITS = 16


@dataclass(frozen=True)
class Figure:
    """One number of an experiment.

    Attributes:
        values: what the seeds gave, in their order.
    """

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over the seeds."""
        return statistics.fmean(self.values)

    @property
    def spread(self) -> float:
        """The standard deviation over the seeds; 0 of a single one."""
        return statistics.stdev(self.values) if len(self.values) > 1 else 0.0

    def overlaps(self, other: Figure) -> bool:
        """Whether mean plus or minus spread of the two have a number in common."""
        return abs(self.mean - other.mean) <= self.spread + other.spread


@dataclass(frozen=True)
class Result:
    """What an experiment gave.

    Attributes:
        name: the experiment's.
        source: the hash of the code that gave it, as :func:`source_hash` computes it.
        runs: one entry per seed, with its ``seed``, ``figures``, ``curves``, ``minutes``, ``device`` and ``versions``.
    """

    name: str
    source: str
    runs: tuple[dict[str, Any], ...]

    @property
    def figure_names(self) -> tuple[str, ...]:
        """The names of the figures that every seed has, in order."""
        return tuple(
            name for name in self.runs[0]["figures"] if all(name in run["figures"] for run in self.runs)
        )

    def figure(self, name: str) -> Figure:
        """Return a figure by its name, "ARM.FIGURE".

        Raises:
            KeyError: not every seed has a figure of this name.
        """
        return Figure(tuple(run["figures"][name] for run in self.runs))


def result_path(root: Path, name: str) -> Path:
    """Return the file of an experiment's result below the course's ``root``."""
    return root / EXPERIMENTS / FOLDER / f"{name}.json"


def read_result(path: Path) -> Result:
    """Read a result.

    Raises:
        FileNotFoundError: there is none.
        ValueError: the file is damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        result = Result(path.stem, content["source"], tuple(content["runs"]))
        if not all(
            isinstance(value, int | float) for run in result.runs for value in run["figures"].values()
        ):
            raise TypeError("a figure is not a number")
        if not result.runs:
            raise ValueError("it has no run")
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ValueError(
            f"{path} is damaged ({type(error).__name__}: {error}): delete it, and run "
            f"`python -m experiments {path.stem}` again."
        ) from error
    return result


def write_result(path: Path, claim: str, source: str, runs: Sequence[dict[str, Any]]) -> None:
    """Write what the seeds gave, the runs in the order of their seeds and one per line.

    Raises:
        DiskFullError: there is no space; the earlier result, if any, is unchanged.
    """
    runs = sorted(runs, key=lambda run: run["seed"])
    result = Result(path.stem, source, tuple(runs))
    figures = {name: result.figure(name) for name in result.figure_names}
    sentences = [sentence for sentence in runs[0]["holds"] if all(sentence in run["holds"] for run in runs)]
    facts = {
        "experiment": path.stem,
        "claim": claim,
        "source": source,
        "seeds": [run["seed"] for run in runs],
        "minutes": round(sum(run["minutes"] for run in runs), 2),
        "devices": sorted({run["device"] for run in runs}),
        "versions": runs[0]["versions"],
        "figures": {
            name: {"mean": round(figure.mean, 4), "spread": round(figure.spread, 4)}
            for name, figure in figures.items()
        },
        "holds": {sentence: [run["holds"][sentence] for run in runs] for sentence in sentences},
    }
    lines = ",\n".join(f"  {json.dumps(run)}" for run in runs)
    text = json.dumps(facts, indent=1, ensure_ascii=False).removesuffix("\n}")
    write_text(path, f'{text},\n "runs": [\n{lines}\n ]\n}}\n')


def source_hash(root: Path, name: str) -> str:
    """Hash an experiment's code, and that of the shared modules it imports.

    Comments count; what is claimed does not: the docstrings of files, and the function ``holds``.

    Raises:
        FileNotFoundError: no experiment has this name.
    """
    folder = root / EXPERIMENTS
    if not (folder / f"{name}.py").is_file():
        raise FileNotFoundError(f"{folder / name}.py does not exist: no experiment is called {name!r}.")
    digest = hashlib.sha256()
    for path in sorted(_with_imports(folder, folder / f"{name}.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\n{_code_of(path)}\n".encode())
    return digest.hexdigest()[:_HASH_DIGITS]


def experiment_names(root: Path) -> list[str]:
    """Return the names of all experiments below the course's ``root``."""
    return sorted(path.stem for path in (root / EXPERIMENTS).glob("[!_]*.py"))


def _code_of(path: Path) -> str:
    """Return a file's lines without its claim, so that a claim can be worded anew without running it again."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for number, node in reversed(list(enumerate(ast.parse(text).body))):
        is_docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or (isinstance(node, ast.FunctionDef) and node.name == "holds"):
            lines[node.lineno - 1 : node.end_lineno] = []
    return "\n".join(lines)


def _with_imports(folder: Path, path: Path) -> set[Path]:
    """Return a file and all files of the experiments' folder that it imports, directly or not."""
    found, open_ones = {path}, [path]
    while open_ones:
        new = {other for other in _imported(folder, open_ones.pop()) if other.is_file()} - found
        found |= new
        open_ones += new
    return found


def _imported(folder: Path, path: Path) -> Iterator[Path]:
    """Yield the files that ``from experiments.x import y`` may mean."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == EXPERIMENTS:
            module = folder.joinpath(*(node.module or "").split(".")[1:])
            yield module.with_suffix(".py")
            yield from (module / f"{alias.name}.py" for alias in node.names)
