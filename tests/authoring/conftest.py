"""The small course, as it was written and as it was built."""

import sys

import pytest
from small_course import Course


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


@pytest.fixture(scope="session")
def built_course(tmp_path_factory):
    """The small course, built and run once; a test that changes it copies it first."""
    from small_exercises import EXERCISES

    from course_lib.authoring.build import build_lesson

    course = Course(tmp_path_factory.mktemp("built"))
    build_lesson(course.lesson, course.root, exercises_of=lambda lesson: EXERCISES)
    return course


@pytest.fixture
def known(monkeypatch):
    """Let this process know the small exercises, as the course's only ones."""
    import small_exercises

    import course_lib.exercises
    from course_lib.authoring import lesson

    monkeypatch.setattr(course_lib.exercises, "LESSON_MODULES", ("small",))
    monkeypatch.setattr(lesson, "LESSON_MODULES", ("small",))
    monkeypatch.setitem(sys.modules, "course_lib.exercises.small", small_exercises)
