"""The small course, as it was written and as it was built."""

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
