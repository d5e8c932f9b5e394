"""From the results of the checks to final grades: flags, people's points, lateness, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from course_lib.grading.assignment import WRITTEN_STUB, answer_ids, assignment_names, questions_of
from course_lib.grading.pages.written import WrittenScore, read_written
from course_lib.grading.scoring.gradebook import Final, Gradebook, Manual
from course_lib.grading.scoring.policy import Policy, read_policy
from course_lib.grading.scoring.policy_tables import Override, read_overrides, read_roster, read_times
from course_lib.grading.scoring.results import ExerciseGrade, SubmissionGrade
from course_lib.grading.tables import key_of, near, number

ByHand = Mapping[tuple[str, str], Override]


def close_grades(out: Path, grades: Sequence[SubmissionGrade], policy_path: Path | None = None) -> Gradebook:
    """Apply the policy and people's points.

    Args:
        out: the folder of grades; an ``overrides.csv`` and a filled-in ``written.csv`` there are applied.
        grades: the results of the checks.
        policy_path: ``policy.toml``, or None.

    Raises:
        FileNotFoundError, ValueError: policy or tables name a student or an exercise that does not exist.
    """
    names = {*assignment_names(), *(grade.assignment for grade in grades)}
    policy = read_policy(policy_path, names)
    override_files = [path for path in (out / "overrides.csv",) if path.is_file()] + list(policy.overrides)
    by_hand = {(row.student, row.exercise): row for row in read_overrides(override_files)}
    written = read_written(out / "written.csv")
    times = read_times(policy.submitted, policy.timezone)
    remarks: list[str] = []
    finals = []
    for grade in sorted(grades, key=lambda grade: (grade.assignment, grade.student)):
        final = _with_flags(Final(grade), policy)
        final = replace(final, manual=_manual_of(grade, policy, written, remarks))
        final = _with_overrides(final, by_hand)
        key = key_of(grade.student)
        submitted = times.get((key, grade.assignment), times.get((key, "")))
        finals.append(_with_lateness(replace(final, submitted=submitted), policy, remarks))
    remarks += _check_overrides(by_hand, finals)
    for student in sorted({student for student, _ in times} - {key_of(grade.student) for grade in grades}):
        remarks.append(f"{policy.submitted} has a time for {student}, who handed in nothing.")
    return Gradebook(tuple(finals), tuple(remarks), read_roster(policy.roster), policy.columns)


def _with_flags(final: Final, policy: Policy) -> Final:
    """Take the points of answers with a flag that the policy does not keep."""
    exercises, comments = [], dict(final.comments)
    for exercise in final.grade.exercises:
        struck = [flag for flag in exercise.flags if policy.zeroes(flag)]
        if struck:
            comments[exercise.exercise_id] = (
                f"This answer {struck[0]}: by the course's rules it gets no points. Write it yourself."
            )
            exercise = replace(exercise, score=0.0)
        exercises.append(exercise)
    return replace(final, grade=replace(final.grade, exercises=tuple(exercises)), comments=comments)


def _manual_of(
    grade: SubmissionGrade,
    policy: Policy,
    written: Mapping[tuple[str, str, str], WrittenScore],
    remarks: list[str],
) -> tuple[Manual, ...]:
    """Return the points given for written answers, and those that the policy lets people give."""
    texts, lost, questions, found = dict(grade.written), dict(grade.lost), questions_of(grade.assignment), []
    for question in questions.values():
        text = texts.get(question.id, "").strip()
        text = "" if text == WRITTEN_STUB else text
        manual = Manual(question.id, question.points, text=text, written=True, lost=lost.get(question.id, ""))
        given = written.get((key_of(grade.student), grade.assignment, question.id))
        score = given.score if given else None
        if given and score is not None and score > question.points:
            raise ValueError(
                f"{given.place}: {number(score)} points, but {question.id} gives at most {number(question.points)}."
            )
        if given and score is not None and not given.is_about(manual.to_read):
            remarks.append(f"{grade.student} changed {question.id} after it was scored: read it again.")
        found.append(replace(manual, score=score, comment=given.comment if given else ""))
    for name in sorted(set(texts) - set(questions)):
        remarks.append(
            f"{grade.student} has a written cell {name!r}, which {grade.assignment} does not ask for."
        )
    taken = {exercise.exercise_id for exercise in grade.exercises} | set(questions)
    for name, most in policy.manual.get(grade.assignment, {}).items():
        if name in taken:
            raise ValueError(
                f"manual.{grade.assignment}.{name}: this is an exercise already; choose another name."
            )
        found.append(Manual(name, most))
    return tuple(found)


def _with_overrides(final: Final, by_hand: ByHand) -> Final:
    """Replace all other points by those that people gave."""
    student = key_of(final.grade.student)
    comments = dict(final.comments)
    exercises: list[ExerciseGrade] = []
    for exercise in final.grade.exercises:
        given = by_hand.get((student, exercise.exercise_id))
        if given:
            exercise = replace(exercise, score=_at_most(given, exercise.max_score))
            comments[exercise.exercise_id] = given.comment or "A person has set these points."
        exercises.append(exercise)
    manual = []
    for item in final.manual:
        given = by_hand.get((student, item.id))
        if given:
            item = replace(item, score=_at_most(given, item.max_score), comment=given.comment or item.comment)
        manual.append(item)
    grade = replace(final.grade, exercises=tuple(exercises))
    return replace(final, grade=grade, manual=tuple(manual), comments=comments)


def _at_most(given: Override, most: float) -> float:
    if given.score > most:
        raise ValueError(
            f"{given.place}: {number(given.score)} points, but {given.exercise} gives at most {number(most)}."
        )
    return given.score


def _with_lateness(final: Final, policy: Policy, remarks: list[str]) -> Final:
    """Take off points for lateness, if both the deadline and the time are known."""
    due = policy.deadlines.get(final.grade.assignment)
    if due is None:
        return final
    if final.submitted is None:
        if not final.grade.reason:
            remarks.append(
                f"{final.grade.student}, {final.grade.assignment}: the time of submission is unknown, so it "
                "does not count as late."
            )
        return replace(final, due=due)
    days = policy.late.days(final.submitted, due)
    return replace(final, due=due, days_late=days, penalty=policy.late.penalty(days, final.raw_score))


def _check_overrides(by_hand: ByHand, finals: Sequence[Final]) -> list[str]:
    """Raise if a person's points would be lost silently; add a remark about lessons that are not graded now."""
    columns: dict[str, set[str]] = {}
    for final in finals:
        of_student = columns.setdefault(key_of(final.grade.student), set())
        of_student |= {exercise.exercise_id for exercise in final.grade.exercises}
        of_student |= {item.id for item in final.manual}
    graded = set().union(*columns.values())
    remarks = []
    for (student, exercise), row in by_hand.items():
        if exercise not in graded and exercise in answer_ids():
            remarks.append(f"{row.place}: the lesson of {exercise} is not graded this time.")
        elif exercise not in graded:
            raise ValueError(f"{row.place}: there is no exercise {exercise!r}. {near(exercise, graded)}")
        elif student not in columns:
            raise ValueError(f"{row.place}: there is no submission of {student!r}. {near(student, columns)}")
        elif exercise not in columns[student]:
            remarks.append(
                f"{row.place}: {student} did not hand in the lesson of {exercise}: no points given."
            )
    return remarks
