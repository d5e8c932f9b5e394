"""The benchmarks' shared parts, and each benchmark once at its smallest."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from unittest.mock import patch

import pytest
import torch

from course_lib.data.pets import load_pets, train_validation_split
from course_lib.models import MODELS, TinyUNet
from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
CPU = Devices(torch.device("cpu"), torch.float32)

pytestmark = pytest.mark.usefixtures("course_home")


@pytest.fixture
def load(monkeypatch):
    """Return a function that imports a benchmark, which is a script, by its file's name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, "_common", raising=False)

    def load_script(name):
        spec = spec_from_file_location(f"benchmark_{name}", FOLDER / f"{name}.py")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    with patch.dict(MODELS):  # some add peers to it
        yield load_script


def table_rows(text):
    """Read a Markdown table back: a list of cells per line, without the rule."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [lines[0], *lines[2:]]


def children_run_here(monkeypatch, module):
    """Run the processes that a benchmark starts for itself in this one, and return their commands."""
    commands = []

    def run(command, **_):
        commands.append(command)
        assert command[:3] == [sys.executable, module.__file__, "--train"]
        module.main(command[2:])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


# --- Shared parts ------------------------------------------------------------------------------------------


def test_a_table_has_names_on_the_left_and_figures_on_the_right(load):
    table = load("_common").markdown_table(
        ("way", "ms", "ratio"), [["a", "2.0", "1.00"], ["b", "3.0", "1.50"]]
    )
    assert table.splitlines() == [
        "| way | ms | ratio |",
        "| --- | ---: | ---: |",
        "| a | 2.0 | 1.00 |",
        "| b | 3.0 | 1.50 |",
    ]


def test_ratios_are_to_the_reference(load):
    rows = load("_common").with_ratios({"peer": 30.0, "ours": 12.0}, reference="ours")
    assert rows == [["peer", "30.0", "2.50"], ["ours", "12.0", "1.00"]]


def test_methods_take_turns_and_the_first_call_does_not_count(load, monkeypatch):
    common = load("_common")
    calls, clock = [], [0.0]
    costs = {"a": iter([100.0, 1.0, 5.0, 3.0]), "b": iter([100.0, 2.0, 2.0, 8.0])}  # seconds, warm-up first

    def method(name):
        def call():
            calls.append(name)
            clock[0] += next(costs[name])

        return call

    monkeypatch.setattr(common, "perf_counter", lambda: clock[0])
    assert common.medians_in_turn({"a": method("a"), "b": method("b")}, turns=3) == {"a": 3000.0, "b": 2000.0}
    assert [sorted(calls[start : start + 2]) for start in range(0, 8, 2)] == [["a", "b"]] * 4


# --- Each at its smallest ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_every_benchmark_can_be_loaded_and_names_its_command(load, name):
    module = load(name)
    assert callable(module.main)
    assert f"python benchmarks/{name}.py" in module.__doc__


@pytest.mark.filterwarnings("ignore:.*always_return_as_numpy:FutureWarning")
def test_boundaries_are_scored_alike_by_all_peers(load, monkeypatch):
    metrics = load("metrics")
    monkeypatch.setattr(metrics, "TURNS", 1)
    tables = metrics.boundary_tables(2, 96)
    assert tables.count("| course_lib ") == 4
    assert tables.count("MONAI") == 3


@pytest.mark.slow
def test_training_compares_and_goes_on_where_it_stopped(load, pocket_folder, tmp_path, monkeypatch, capsys):
    training = load("training")
    commands = children_run_here(monkeypatch, training)
    small = ["--minutes", "0.001", "--recipes", "plain", "--out", str(tmp_path)]
    arguments = ["--data", str(pocket_folder), *small]
    training.main(arguments)
    assert len(commands) == 1
    header, run, *baselines = table_rows(capsys.readouterr().out)
    assert header == list(training.HEADER)
    # 9io + 9oo + 6o for a double convolution of i to o channels, io + o for a 1x1 convolution, 51 for the head.
    assert run[:4] == ["plain", "0", "1.81 M", "1"]
    assert [row[0] for row in baselines] == ["all background", "centre prior"]
    assert baselines[0][6:9:2] == ["0.000", "0.000"]  # all background: no pet, no border
    training.main(arguments)
    assert len(commands) == 1, "it was trained and tested already"
    monkeypatch.setattr(training, "TABLE", ((0.001, 0, ["plain"]), (0.001, 16, ["plain"])))
    training.main(["--table", "--data", str(pocket_folder), "--out", str(tmp_path)])
    assert len(commands) == 2, "of the two rows of the table, one stood there already"
    assert "Only 16 photos of them were for training." in capsys.readouterr().out


@pytest.mark.slow
def test_zoo_makes_a_row_for_every_model(load, pocket_folder, tmp_path, monkeypatch, capsys):
    zoo = load("zoo")
    monkeypatch.setattr(zoo, "images_per_second", lambda config, devices: {"trains": 30.0, "predicts": 200.0})
    children_run_here(monkeypatch, zoo)
    small = ["--minutes", "0.001", "--models", "tiny-unet", "--out", str(tmp_path)]
    zoo.main(["--data", str(pocket_folder), *small])
    header, row = table_rows(capsys.readouterr().out)
    assert header == list(zoo.HEADER)
    assert row[:4] == ["`tiny-unet`", "0.01 M", "30.0", "200"]
    assert row[5] == "16"  # one batch
    mean_iou, *ious = map(float, row[6:])
    assert mean_iou == pytest.approx(sum(ious) / 3, abs=0.0011)


def test_images_per_second_are_those_of_one_batch(load, monkeypatch):
    zoo = load("zoo")
    monkeypatch.setattr(zoo, "computing_seconds", lambda work: (work(), 0.5)[1])
    figures = zoo.images_per_second(TrainConfig(minutes=1, model="tiny-unet", size=32, batch_size=4), CPU)
    assert figures == {"trains": 8.0, "predicts": 8.0}


def test_data_cost_measures_every_way(load, pocket_folder):
    data_cost = load("data_cost")
    pets = train_validation_split(load_pets(pocket_folder, "trainval", 32))[0]
    figures = data_cost.measure(pets, CPU, turns=1)
    assert {data_cost.OURS, data_cost.STEP} < set(figures)
    assert len(figures) == 4


@pytest.mark.slow
def test_memory_reports_a_peak_and_leaves_nothing_on_disk(load, course_home, capsys):
    memory = load("memory")
    memory.main(["--images", "16", "--size", "32", "--steps", "1"])
    figures = {name: float(mb) for name, mb in table_rows(capsys.readouterr().out)[1:]}
    assert figures[f"{memory.COUNTS}, peak"] > 50  # Python and torch take more
    assert not [path for path in (course_home / "data" / "cache").iterdir() if path.name.startswith("tmp")]


def test_startup_compares_with_bare_python(load):
    startup = load("startup")
    assert startup.rows({"import torch": 2040.0, startup.BARE: 20.0}) == [
        [startup.BARE, "20", "+0", "1.0"],
        ["import torch", "2040", "+2020", "102.0"],
    ]
    assert Path(startup.commands()["course --help"][0]).stem == "course"


def test_gpu_says_so_where_there_is_none(load, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    load("gpu").main()
    assert capsys.readouterr().out == "Nothing measured: torch finds no CUDA GPU here.\n"


@pytest.mark.slow
def test_gpu_measures_every_network(load, monkeypatch):
    gpu = load("gpu")
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr(gpu, "NETWORKS", {gpu.OURS: TinyUNet, "peer": TinyUNet})
    rows = gpu.rows(gpu.random_batch(4, 16, CPU), CPU, turns=1)
    assert [row[0] for row in rows] == [
        "training, float32: UNet 64-1024",
        "training, float32: peer",
        "predicting, float32: UNet 64-1024",
        "predicting, float32: peer",
    ]
