"""Where the course keeps things."""

from pathlib import Path

from course_lib.checking.progress import default_path
from course_lib.paths import course_root, data_home

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_checkout_is_the_course(monkeypatch):
    monkeypatch.delenv("COURSE_ROOT", raising=False)
    assert course_root() == CHECKOUT
    assert data_home() == CHECKOUT / "data"


def test_where_many_share_an_installation_each_names_a_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    monkeypatch.delenv("COURSE_PROGRESS", raising=False)
    assert course_root() == tmp_path
    assert default_path() == tmp_path / "work" / "progress.json"
    monkeypatch.setenv("COURSE_ROOT", "~/course")
    assert course_root() == Path.home() / "course"
