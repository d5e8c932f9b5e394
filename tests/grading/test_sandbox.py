"""The walls, one by one: what a student's process sees, does and leaves behind, by every way that this machine has."""

import contextlib
import os
import subprocess
import time
from pathlib import Path

import pytest
from hostile import PROCESSES, RESOURCES, filled_in

from course_lib.grading.sandbox import open as sandbox
from course_lib.grading.sandbox import view
from course_lib.grading.sandbox.inside import cells
from course_lib.grading.sandbox.inside.protocol import About, Call, Define, Reply
from course_lib.grading.sandbox.open import MEGABYTE, open_sandbox, probe
from course_lib.grading.sandbox.parent import Parent, SandboxError
from course_lib.grading.sandbox.process import Stopped
from course_lib.paths import course_root

pytestmark = pytest.mark.slow


def ways():
    """Those that put up walls here; a plain process is left out, where hostile code could reach this machine."""
    found = []
    for way in ("bubblewrap", "namespaces"):
        try:
            with Parent(way) as parent:
                parent.wait()
                found += [way] if probe(parent).is_whole else []
        except SandboxError:
            continue
    return found


@pytest.fixture(scope="module")
def whole_ways():
    return ways()


def run_source(jail, source, name, *calls, seconds=1.0, memory=256):
    """Define an answer and call it; what came of each call."""
    statements = [(1, index) for index in range(len(cells.parse(source)))]
    with jail.run(Define(name, {1: source}, statements), seconds, memory * MEGABYTE) as run:
        run.hear(About)
        return [run.ask(Call(tuple(args)), Reply) for args in calls]


def value(jail, source, name="f", *args, **options):
    (reply,) = run_source(jail, source, name, args, **options)
    return reply.value if reply.status == "returned" else reply


def test_the_best_way_is_taken_and_reported():
    parent, level = open_sandbox("auto")
    with parent:
        assert level.way in sandbox.WAYS
        missing = ", ".join(level.missing)
    assert str(level) == (f"{level.way}, not kept apart: {missing}" if missing else level.way)


def test_every_way_that_builds_walls_is_whole(whole_ways):
    """Both do, on a Linux that lets this user make namespaces; whatever there is was found whole by the probe."""
    assert set(whole_ways) <= {"bubblewrap", "namespaces"}


def test_nothing_of_the_grader_is_seen(whole_ways, tmp_path):
    (tmp_path / "seed").write_text("42")
    source = """
import os
def f(*places):
    return [place for place in places if os.path.exists(place)], dict(os.environ), os.getppid(), os.listdir('/proc')
"""
    places = [course_root() / name for name in ("solutions", "tests", ".git", "course_lib", "notebooks")]
    for way in whole_ways:
        os.environ["GRADER_SECRET"] = "the seed"
        with Parent(way, hidden=[tmp_path]) as parent, parent.open_jail() as jail:
            seen, environment, ancestor, processes = value(
                jail, source, "f", str(tmp_path), *map(str, places)
            )
        del os.environ["GRADER_SECRET"]
        assert seen == []
        assert "GRADER_SECRET" not in environment
        assert ancestor == 1
        assert sorted(name for name in processes if name.isdigit()) == ["1", "2"]


def test_a_folder_that_would_be_seen_can_be_hidden(whole_ways):
    """Python's own folders are in view; what lies below them is not, if it is said to be hidden."""
    folder = view.seen_at(str(Path(pytest.__file__).parent.resolve()))
    source = "import os\ndef f(place):\n    return os.listdir(place)"
    for way in whole_ways:
        with Parent(way) as parent, parent.open_jail() as jail:
            assert "__init__.py" in value(jail, source, "f", folder)
        with Parent(way, hidden=[Path(pytest.__file__).parent]) as parent, parent.open_jail() as jail:
            assert value(jail, source, "f", folder) == []


def test_packages_below_tmp_are_seen_though_a_jail_has_its_own_tmp(whole_ways, tmp_path, monkeypatch):
    """A checkout below /tmp has its environment there."""
    packages, secret = tmp_path / "site-packages", tmp_path / "site-packages" / "secret"
    secret.mkdir(parents=True)
    (packages / "only_there.py").write_text("answer = 42")
    (secret / "seed").touch()
    found = [*view.packages(), str(packages)]
    monkeypatch.setattr(view, "packages", lambda: found)
    monkeypatch.setattr("course_lib.grading.sandbox.parent.packages", lambda: found)
    source = """
import os, only_there
def f():
    place = os.path.dirname(only_there.__file__)
    return only_there.answer, os.listdir('/tmp'), os.listdir(place + '/secret'), os.access(place, os.W_OK)
"""
    for way in whole_ways:
        with Parent(way, hidden=[secret]) as parent, parent.open_jail() as jail:
            assert value(jail, source) == (42, [], [], False), value(jail, source)


def test_references_do_not_exist_there(whole_ways):
    source = """
import importlib
def f(names):
    found = []
    for name in names:
        try: importlib.import_module(name); found.append(name)
        except ModuleNotFoundError: pass
    return found
"""
    gone = [
        "course_lib.exercises",
        "course_lib.grading",
        "course_lib.authoring",
        "course_lib.exercises.l00_start_here.class_pixels",
    ]
    gone += [
        "course_lib.bug_hunt",
        "course_lib.checking",
        "course_lib.questions",
        "course_lib.exercises.l11_bug_hunt.runs",
    ]
    there = ["course_lib.metrics", "course_lib.masks", "course_lib.notebook", "course_lib.files"]
    for way in (*whole_ways, "process"):
        with Parent(way) as parent, parent.open_jail() as jail:
            assert value(jail, source, "f", [*gone, *there]) == there


def test_answers_leave_nothing_for_those_after_them(whole_ways):
    write = """
import os
def f():
    for folder in ('/tmp', '/dev/shm', os.environ['HOME']):
        try:
            os.makedirs(folder + '/deep' * 50, exist_ok=True)
            open(folder + '/note', 'w').write('hidden input')
        except OSError: pass
    return os.getcwd()
"""
    read = "import os\ndef f():\n    return [os.listdir(place) for place in ('/tmp', '/dev/shm', os.environ['HOME'])]"
    for way in whole_ways:
        with Parent(way) as parent, parent.open_jail() as jail:
            assert value(jail, write) == "/tmp"
            assert value(jail, read) == [[], [], []]


def test_submissions_do_not_meet(whole_ways):
    """Not by files, not by processes, not by sockets: two jails that run at once see nothing of each other."""
    listen = """
import os, socket
def f():
    server = socket.socket(socket.AF_UNIX)
    server.bind('\\0meeting')
    open('/tmp/meeting', 'w').write('x')
    return os.listdir('/proc')
"""
    look = """
import os
def f():
    sockets = open('/proc/net/unix').read()
    return 'meeting' in sockets, os.path.exists('/tmp/meeting'), [n for n in os.listdir('/proc') if n.isdigit()]
"""
    for way in whole_ways:
        with Parent(way, filters=False) as parent, parent.open_jail() as one, parent.open_jail() as other:
            statements = [(1, 0), (1, 1)]
            with one.run(Define("f", {1: listen}, statements), 20, 256 * MEGABYTE) as run:
                run.hear(About)
                assert run.ask(Call(()), Reply).status == "returned"
                sees_socket, sees_file, processes = value(other, look)
                assert (sees_socket, sees_file, len(processes)) == (False, False, 2)


# --- Walls behind walls: the same without the filter of system calls -------------------------------------------

BOMBS = [attempt for attempt in (*PROCESSES, *RESOURCES) if "source" not in attempt.name]


@pytest.mark.parametrize("attempt", BOMBS, ids=lambda attempt: attempt.name)
def test_without_the_filter_the_other_walls_hold(attempt, whole_ways, tmp_path):
    source = filled_in(attempt, tmp_path, course_root(), os.getpid())
    honest = "def f(x):\n    return x + 1"
    for way in whole_ways[-1:]:
        with Parent(way, filters=False) as parent:
            parent.wait()
            before = descendants(parent)
            with parent.open_jail() as jail:
                with contextlib.suppress(Stopped):
                    (reply,) = run_source(jail, source, "class_pixels", ([[0, 1]], 1), seconds=0.5)
                    assert reply.value != 1
                assert value(jail, honest, "f", 41) == 42
            assert settled(parent, before), "processes were left behind"


def descendants(parent):
    lines = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout.split()
    parents = dict(zip(map(int, lines[::2]), map(int, lines[1::2]), strict=True))
    found, todo = set(), {parent._process.pid}
    while todo:
        todo = {pid for pid, its in parents.items() if its in todo}
        found |= todo
    return found


def settled(parent, before):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if descendants(parent) <= before:
            return True
        time.sleep(0.02)
    return False


def test_everything_ends_with_the_parent(whole_ways):
    sleeps = "import time\ndef f():\n    time.sleep(1000)"
    for way in (*whole_ways, "process"):
        parent = Parent(way)
        jail = parent.open_jail()
        context = jail.run(Define("f", {1: sleeps}, [(1, 0), (1, 1)]), 1000, 256 * MEGABYTE)
        run = context.__enter__()
        run.hear(About)
        run.send(Call(()))
        children = descendants(parent)
        assert children
        jail._control.close()
        parent.close()
        until = time.monotonic() + 20
        while time.monotonic() < until and any(Path(f"/proc/{pid}").exists() for pid in children):
            time.sleep(0.02)
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
