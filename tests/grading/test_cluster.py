"""Grading on a Dask cluster: two workers in processes of their own, and the same bytes as here."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest
from students import SEED, answered, hand_in
from test_grade import content_of, ended, graded, hand_in_a_class

from course_lib.cli import main
from course_lib.grading.scoring.cluster import ClusterError
from course_lib.paths import course_root

pytestmark = pytest.mark.slow

SLOW = """import time
def class_pixels(mask, class_id):
    time.sleep(0.05)
    return sum(row.count(class_id) for row in mask)"""


@contextlib.contextmanager
def process(*command):
    """A process of Dask's, in its own group, killed at the end; without a watchman that starts it anew."""
    environment = os.environ | {"PYTHONPATH": str(course_root())}
    running = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + command[0], *command[1:], "--no-dashboard"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@contextlib.contextmanager
def cluster(folder, workers=2):
    """A scheduler and its workers; yields its address and their processes."""
    file = folder / "scheduler.json"
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            process("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        )
        until = time.monotonic() + 60
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.05)
        options = (
            "--scheduler-file",
            str(file),
            "--no-nanny",
            "--nthreads",
            "1",
            "--local-directory",
            str(folder),
        )
        started = [stack.enter_context(process("worker", *options)) for _ in range(workers)]
        from distributed import Client

        with Client(scheduler_file=str(file), set_as_default=False) as client:
            if workers:
                client.wait_for_workers(workers, timeout=60)
            address = client.scheduler.address
        yield address, started


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("dask")) as (address, _):
        yield address


def test_a_cluster_gives_the_same_bytes(running, tmp_path):
    hand_in_a_class(tmp_path / "in")
    graded(tmp_path / "in", tmp_path / "here")
    said = []
    graded(tmp_path / "in", tmp_path / "there", scheduler=running, say=said.append)
    assert content_of(tmp_path / "there") == content_of(tmp_path / "here")
    assert sum(line.startswith("[") for line in said) == 14


def test_a_worker_that_is_killed_costs_no_submission(tmp_path):
    for number in range(12):
        hand_in(tmp_path / "in", f"ada {number:02d}", answered(class_pixels=SLOW if number % 2 else "x = 1"))
    graded(tmp_path / "in", tmp_path / "here")
    said = []
    with cluster(tmp_path) as (address, (first, _)):

        def say(line):
            said.append(line)
            if line.startswith("[4/"):
                first.kill()
                first.wait()

        result = graded(tmp_path / "in", tmp_path / "there", scheduler=address, say=say)
    assert first.returncode == -signal.SIGKILL
    assert [line.partition("]")[0] for line in said if line.startswith("[")] == [
        f"[{n}/12" for n in range(1, 13)
    ]
    assert len({grade.student for grade in result.grades}) == 12
    assert content_of(tmp_path / "there") == content_of(tmp_path / "here")


def test_nothing_is_left_of_a_worker_that_was_killed(tmp_path):
    from test_grade import children_of

    hand_in(tmp_path / "in", "ada", answered())
    with cluster(tmp_path, workers=1) as (address, (worker,)):
        from course_lib.grading.scoring.cluster import Cluster
        from course_lib.grading.scoring.settings import Settings

        with Cluster(address, Settings(SEED)):
            children = children_of(worker.pid)
            assert children
            worker.kill()
            assert ended(children)


def test_a_cluster_that_cannot_grade_is_refused_in_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("course_lib.grading.scoring.cluster._CONNECT_SECONDS", 2)
    hand_in(tmp_path / "in", "ada", answered())
    command = ["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--scheduler"]
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        assert main([*command, address]) == 2
        lines = capsys.readouterr().err.strip().splitlines()
        assert len(lines) == 1
        assert "No Dask scheduler answers" in lines[0]
    assert not (tmp_path / "out").exists()
    with cluster(tmp_path, workers=0) as (address, _), pytest.raises(ClusterError, match="has no workers"):
        graded(tmp_path / "in", tmp_path / "out", scheduler=address)
