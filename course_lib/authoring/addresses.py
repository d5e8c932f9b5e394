"""The course's addresses on the web, which ``[project.urls]`` of pyproject.toml names, and what links to them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

BRANCH = "main"


@dataclass(frozen=True)
class Addresses:
    """Where people find the course. What is not known is empty, and then nothing is shown.

    Attributes:
        repository: ``Repository`` of ``[project.urls]``.
        site: ``Documentation`` of ``[project.urls]``, without a slash at its end.
    """

    repository: str = ""
    site: str = ""

    @property
    def github(self) -> str:
        """The repository's owner and name if it is on GitHub, such as ``"someone/course"``; else empty."""
        parts = urlsplit(self.repository)
        on_github = parts.netloc.lower() in ("github.com", "www.github.com")
        return parts.path.strip("/").removesuffix(".git") if on_github else ""

    def colab(self, lesson: str) -> str:
        """Return the address that opens a student's notebook on Colab; empty if Colab cannot see the repository."""
        address = (
            f"https://colab.research.google.com/github/{self.github}/blob/{BRANCH}/notebooks/{lesson}.ipynb"
        )
        return address if self.github else ""

    def binder(self, lesson: str) -> str:
        """Return the address that opens a student's notebook on Binder; empty if the repository is elsewhere."""
        address = (
            f"https://mybinder.org/v2/gh/{self.github}/{BRANCH}?urlpath=lab/tree/notebooks/{lesson}.ipynb"
        )
        return address if self.github else ""

    def page(self, lesson: str) -> str:
        """Return the address of a lesson's page on the site; empty if the course has no site."""
        return self.site and f"{self.site}/lessons/{lesson}.html"


def read_addresses(root: Path) -> Addresses:
    """Return what the checkout's pyproject.toml names.

    Raises:
        ValueError: an address is not one that a browser opens.
    """
    project = root / "pyproject.toml"
    about = tomllib.loads(project.read_text(encoding="utf-8"))["project"] if project.is_file() else {}
    urls = about.get("urls", {})
    repository, site = (_checked(name, urls.get(name, "")) for name in ("Repository", "Documentation"))
    return Addresses(repository, site)


def _checked(name: str, address: str) -> str:
    if address and not address.startswith("https://"):
        raise ValueError(
            f"pyproject.toml, [project.urls]: {name} is {address!r}; give the address that a browser opens, https://..."
        )
    return address.rstrip("/")
