"""What SECURITY.md says is proved by tests that there are."""

import re

import hostile

from course_lib.paths import course_root

TEXT = (course_root() / "SECURITY.md").read_text(encoding="utf-8")
TESTS = "\n".join(
    path.read_text(encoding="utf-8") for path in (course_root() / "tests/grading").glob("test_*.py")
)
TABLE = "\n".join(line for line in TEXT.splitlines() if line.startswith("| ") and "| test |" not in line)


def test_every_test_is_there():
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert len(named) > 20
    assert not [name for name in named if f"def {name}(" not in TESTS]


def test_every_attempt_is_there():
    names = [attempt.name for attempt in hostile.ATTEMPTS]
    quoted = [text.strip("…") for text in re.findall(r"\*([^*]+)\*", TABLE)]
    assert len(quoted) > 20
    assert not [text for text in quoted if not any(text.strip() in name for name in names)]


def test_every_group_of_attempts_is_there():
    for name in re.findall(r"`([A-Z]+)`", TABLE):
        assert getattr(hostile, name)
