"""The benchmarks' parts, and each of them once at its smallest: what it prints is right, whatever the times are."""

import subprocess
import sys
import threading
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torchvision import tv_tensors

from course_lib.data.pets import load_pets, train_validation_split
from course_lib.masks import IGNORE_INDEX
from course_lib.models import MODELS, TinyUNet, create_model
from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
CPU = Devices(torch.device("cpu"), torch.float32)


@pytest.fixture(autouse=True)
def caches(tmp_path_factory, monkeypatch):
    """Keep what is decoded or written on the way out of the checkout; share it between these tests."""
    home = tmp_path_factory.getbasetemp() / "benchmark-data"
    monkeypatch.setattr("course_lib.data.pets.data_home", lambda: home)
    monkeypatch.setattr("course_lib.paths.data_home", lambda: home)
    return home / "cache"


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

    return load_script


@pytest.fixture
def training(load):
    """Return training.py, whose peers leave the registry again after the test."""
    with patch.dict(MODELS):
        yield load("training")


def table_rows(text):
    """Read a Markdown table back: a list of cells a line, without the rule."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [lines[0], *lines[2:]]


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


def test_pets_given_go_before_the_variable_and_the_variable_before_pocket_pets(
    load, pocket_folder, tmp_path, monkeypatch
):
    common = load("_common")
    drawn = pocket_folder.resolve() / "oxford-iiit-pet"
    monkeypatch.setenv("COURSE_PETS_ROOT", str(tmp_path / "missing"))
    assert common.pets_folder(pocket_folder) == drawn
    with pytest.raises(FileNotFoundError, match="missing"):
        common.pets_folder(None)
    monkeypatch.setenv("COURSE_PETS_ROOT", str(pocket_folder))
    assert common.pets_folder(None) == drawn
    monkeypatch.delenv("COURSE_PETS_ROOT")
    monkeypatch.setattr(common, "data_home", lambda: tmp_path)
    monkeypatch.setattr(common, "write_pocket_pets", lambda root, progress: root / "drawn")
    assert common.pets_folder(None) == tmp_path.resolve() / "pocket" / "drawn"


# --- training.py -------------------------------------------------------------------------------------------


def test_peers_differ_from_ours_in_network_optimiser_and_growing_alone(training):
    ours, plain, smp = (
        TrainConfig(minutes=3, **training.RECIPES[name]).to_json() for name in ("ours", "plain", "smp")
    )
    assert {key for key in ours if ours[key] != plain[key]} == {"model", "optimizer", "lr", "grow"}
    assert {key for key in plain if plain[key] != smp[key]} == {"model"}


@pytest.mark.parametrize(
    ("name", "parameters"),
    # Plain: 9io + 9oo + 6o a double convolution of i to o channels, io + o a 1x1 convolution, 51 the head.
    [("plain-unet", 1_813_523), ("smp-unet-resnet18", 14_328_499)],
)
def test_peers_are_built_by_the_librarys_own_registry(training, name, parameters):
    model = create_model(name, num_classes=3).eval()
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 3, 32, 32)


def test_training_compares_and_goes_on_where_it_stopped(
    training, pocket_folder, tmp_path, monkeypatch, capsys
):
    commands = []

    def run_here(command, check):
        commands.append(command)
        assert command[:3] == [sys.executable, training.__file__, "--train"]
        training.main(command[2:])

    monkeypatch.setattr(subprocess, "run", run_here)  # saves starting Python and torch again
    arguments = [
        "--data",
        str(pocket_folder),
        "--minutes",
        "0.001",
        "--recipes",
        "plain",
        "--out",
        str(tmp_path),
    ]
    training.main(arguments)
    assert len(commands) == 1
    header, run, *baselines = table_rows(capsys.readouterr().out)
    assert header == list(training.HEADER)
    assert run[:4] == ["plain", "0", "1.81 M", "1"]
    assert [row[0] for row in baselines] == ["all background", "centre prior"]
    for name, *_, mean_iou, pet, background, border, accuracy in (run, *baselines):
        ious = [float(cell) for cell in (pet, background, border)]
        assert float(mean_iou) == pytest.approx(sum(ious) / 3, abs=0.0011), name
        assert 0 <= float(accuracy) <= 1
    assert baselines[0][6:9:2] == ["0.000", "0.000"]  # all background: no pet, no border

    training.main([*arguments, "--seeds", "0,1"])
    assert len(commands) == 2, "seed 0 was trained and tested already"
    *_, spread = table_rows(capsys.readouterr().out)
    assert spread[:2] == ["plain", "2"]

    with pytest.raises(ValueError, match=r"plain-seed0 holds a run with other .* minutes .*--out"):
        training.main([*arguments, "--minutes", "0.002"])


def test_a_training_that_was_stopped_starts_afresh(training, pocket_folder, tmp_path, monkeypatch):
    config = TrainConfig(data=str(pocket_folder), minutes=1, model="plain-unet")
    training.Run.create(tmp_path / "run", config)
    (tmp_path / "run" / "last.pt").write_bytes(b"half a training")

    def nothing_is_left(command, check):
        assert [path.name for path in Path(command[3]).iterdir()] == ["config.json"]
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", nothing_is_left)
    with pytest.raises(KeyboardInterrupt):
        training.finished_run(tmp_path / "run", config)


def test_a_budget_counts_from_the_parents_start(training, pocket_folder, tmp_path, monkeypatch):
    training.Run.create(tmp_path / "run", TrainConfig(data=str(pocket_folder), minutes=1))
    seen = []
    monkeypatch.setattr(training, "train", lambda run, folder, devices, started: seen.append(started))
    training.train_run(tmp_path / "run", began=time.time() - 50)
    assert time.monotonic() - seen[0] >= 50


def test_a_spread_is_mean_and_range(training):
    assert training.spread_row("ours", [0.5, 0.75, 0.625]) == ["ours", "3", "0.625", "0.500..0.750"]


def test_an_unknown_recipe_is_refused(training, capsys):
    with pytest.raises(SystemExit):
        training.main(["--recipes", "ours,best"])
    assert "unknown best; known: ours, plain, smp" in capsys.readouterr().err


# --- zoo.py ------------------------------------------------------------------------------------------------


@pytest.fixture
def zoo(load, monkeypatch):
    """Return zoo.py, whose children run in this process and measure as little as they can."""
    zoo = load("zoo")
    monkeypatch.setattr(zoo, "images_per_second", lambda config, devices: {"trains": 30.0, "predicts": 200.0})
    zoo.commands = []

    def run_here(command, env):
        zoo.commands.append(command)
        assert command[:3] == [sys.executable, zoo.__file__, "--train"]
        assert env["OMP_NUM_THREADS"] == "1"
        zoo.main(command[2:])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(zoo.subprocess, "run", run_here)
    return zoo


def test_zoo_makes_a_row_for_every_model_and_goes_on_where_it_stopped(zoo, pocket_folder, tmp_path, capsys):
    arguments = ["--data", str(pocket_folder), "--minutes", "0.001", "--out", str(tmp_path)]
    zoo.main([*arguments, "--models", "tiny-unet"])
    assert len(zoo.commands) == 1
    header, row = table_rows(capsys.readouterr().out)
    assert header == list(zoo.HEADER)
    assert row[:4] == ["`tiny-unet`", "0.01 M", "30.0", "200"]
    assert float(row[4].replace(",", "")) > 50  # Python and torch alone take more
    assert row[5] == "16"  # one batch
    mean_iou, *ious = map(float, row[6:])
    assert mean_iou == pytest.approx(sum(ious) / 3, abs=0.0011)

    zoo.main([*arguments, "--models", "tiny-unet,fast-unet"])
    assert len(zoo.commands) == 2, "tiny-unet was trained and tested already"
    rows = table_rows(capsys.readouterr().out)[1:]
    assert {row[0] for row in rows} == {"`tiny-unet`", "`fast-unet`"}
    assert [row[6] for row in rows] == sorted((row[6] for row in rows), reverse=True)  # the best first

    openings = zoo.Run.open(tmp_path / "0.001-minutes" / "tiny-unet").test_openings()
    assert len(openings) == 1, "the test set is opened once"
    with pytest.raises(
        ValueError, match=r"tiny-unet holds a run with other data or options: give another --out"
    ):
        zoo.finished_row(tmp_path / "0.001-minutes" / "tiny-unet", TrainConfig(minutes=0.001, seed=1))


def test_zoo_counts_minutes_of_computing_from_the_start_of_the_process(
    zoo, pocket_folder, tmp_path, monkeypatch
):
    zoo.Run.create(tmp_path / "run", TrainConfig(data=str(pocket_folder), minutes=1))

    def stop_here(run, folder, devices, started, parts):
        assert started == 0.0
        assert parts.clock is time.process_time
        raise KeyboardInterrupt

    monkeypatch.setattr(zoo, "train", stop_here)
    with pytest.raises(KeyboardInterrupt):
        zoo.train_and_score(tmp_path / "run")


def test_a_model_that_failed_leaves_no_row_and_the_others_are_made(
    zoo, pocket_folder, tmp_path, monkeypatch, capsys
):
    train_here = zoo.subprocess.run

    def fail_at_first(command, env):
        return (
            subprocess.CompletedProcess(command, 1) if "tiny-unet" in command[3] else train_here(command, env)
        )

    monkeypatch.setattr(zoo.subprocess, "run", fail_at_first)
    zoo.main(
        [
            "--data",
            str(pocket_folder),
            "--minutes",
            "0.001",
            "--out",
            str(tmp_path),
            "--models",
            "tiny-unet,fast-unet",
        ]
    )
    printed = capsys.readouterr().out
    assert "tiny-unet, 0.001 minutes: exit 1" in printed
    assert [row[0] for row in table_rows(printed)[1:]] == ["`fast-unet`"]


def test_images_per_second_are_those_of_one_batch(load, monkeypatch):
    zoo = load("zoo")
    monkeypatch.setattr(zoo, "computing_seconds", lambda work: (work(), 0.5)[1])
    figures = zoo.images_per_second(TrainConfig(minutes=1, model="tiny-unet", size=32, batch_size=4), CPU)
    assert figures == {"trains": 8.0, "predicts": 8.0}


def test_computing_seconds_leave_out_the_first_call_and_all_waiting(load, monkeypatch):
    zoo = load("zoo")
    clock, costs = [0.0], iter([100.0, 2.0, 4.0])
    monkeypatch.setattr(zoo.time, "process_time", lambda: clock[0])
    assert zoo.computing_seconds(lambda: clock.__setitem__(0, clock[0] + next(costs))) == 3.0


def test_an_unknown_model_of_the_zoo_is_refused(load, capsys):
    with pytest.raises(SystemExit):
        load("zoo").main(["--models", "tiny-unet,resnet"])
    assert "unknown resnet; known: tiny-unet, unet, fast-unet" in capsys.readouterr().err


# --- The others --------------------------------------------------------------------------------------------


def test_startup_compares_with_bare_python(load):
    startup = load("startup")
    assert startup.rows({"import torch": 2040.0, startup.BARE: 20.0}) == [
        [startup.BARE, "20", "+0", "1.0"],
        ["import torch", "2040", "+2020", "102.0"],
    ]


def test_startup_starts_this_environments_python_and_course(load):
    startup = load("startup")
    commands = startup.commands()
    assert Path(commands["course --help"][0]).stem == "course"
    assert {commands[name][0] for name in startup.STATEMENTS} == {sys.executable}


def test_startup_says_what_to_do_without_a_course_command(load, monkeypatch):
    startup = load("startup")
    monkeypatch.setattr(startup.shutil, "which", lambda name, path: None)
    with pytest.raises(FileNotFoundError, match="pip install -e"):
        startup.commands()


@pytest.fixture
def pets(pocket_folder):
    return train_validation_split(load_pets(pocket_folder, "trainval", 32))[0]


def test_data_cost_times_every_way(load, pets):
    data_cost = load("data_cost")
    figures = data_cost.measure(pets, CPU, turns=1)
    assert {data_cost.OURS, data_cost.STEP} < set(figures)
    assert len(figures) == 4
    assert all(figure > 0 for figure in figures.values())


def test_the_v2_peer_gives_what_the_loop_takes(load, pets):
    data_cost = load("data_cost")
    torch.manual_seed(0)
    images, targets = data_cost.v2_batch(pets, np.arange(16), data_cost.v2_transform())
    assert images.shape == (16, 3, 32, 32)
    assert images.dtype == torch.float32
    assert 1 < images.abs().max() < 3
    assert targets.shape == (16, 32, 32)
    assert targets.dtype == torch.int64
    assert set(targets.unique().tolist()) == {0, 1, 2, IGNORE_INDEX}


def test_the_v2_peer_moves_masks_with_their_images_and_ignores_what_is_outside(load):
    _, affine, *_ = load("data_cost").v2_transform().transforms
    image = torch.full((3, 128, 128), 200, dtype=torch.uint8)
    image[:, 32:80, 16:48] = 50
    torch.manual_seed(0)
    moved, mask = affine(tv_tensors.Image(image), tv_tensors.Mask(image[0] == 50).to(torch.uint8))
    for class_id, grey in {0: 200, 1: 50, IGNORE_INDEX: 0}.items():
        where = mask == class_id
        assert where.sum() > 500
        assert (moved[0][where] == grey).float().mean() > 0.85  # all but edges, which are blended


def test_decoding_gives_what_the_cache_holds(load, pets):
    positions = np.array([3, 0, 5])
    images, masks = zip(*load("data_cost").decode(pets, positions), strict=True)
    cached_images, cached_masks = pets.take(positions)
    np.testing.assert_array_equal(np.stack(images), cached_images)
    np.testing.assert_array_equal(np.stack(masks), cached_masks)


def test_memory_reports_a_peak_and_leaves_nothing_on_disk(load, caches, capsys):
    memory = load("memory")
    memory.main(["--images", "16", "--size", "32", "--steps", "1"])
    printed = capsys.readouterr().out
    figures = {name: float(mb) for name, mb in table_rows(printed)[1:]}
    assert figures[f"{memory.COUNTS}, peak"] > 50  # Python and torch alone take more
    assert f"1500 MB of {memory.COUNTS}: " in printed
    assert not [path for path in caches.iterdir() if path.name.startswith("tmp")]


def test_memory_sees_what_is_gone_again(load, monkeypatch):
    memory = load("memory")
    figures, all_sampled = iter([100.0, 900.0]), threading.Event()

    def memory_mb(field):
        figure = next(figures, None)
        if figure is None:
            all_sampled.set()
        return figure or 200.0

    monkeypatch.setattr(memory, "memory_mb", memory_mb)
    peak = memory.Peak()
    peak.start()
    assert all_sampled.wait(60)
    assert peak.stop() == 900.0


def test_memory_writes_arrays_that_numpy_maps(load, tmp_path):
    load("memory").write_random(tmp_path / "masks.npy", (5, 8, 8), high=3)
    masks = np.load(tmp_path / "masks.npy", mmap_mode="r")
    assert masks.shape == (5, 8, 8)
    assert masks.dtype == np.uint8
    assert set(np.unique(masks)) == {0, 1, 2}


def test_gpu_says_so_where_there_is_none(load, monkeypatch, capsys):
    gpu = load("gpu")
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    gpu.main()
    assert capsys.readouterr().out == "Nothing measured: torch finds no CUDA GPU here.\n"


def test_gpu_waits_for_every_job_and_compares_images_a_second(load, monkeypatch):
    gpu = load("gpu")
    waits = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: waits.append(1))
    monkeypatch.setattr(gpu, "NETWORKS", {gpu.OURS: TinyUNet, "peer": TinyUNet})
    monkeypatch.setattr(
        gpu, "medians_in_turn", lambda jobs, turns: [job() for job in jobs.values()] and TIMES
    )
    TIMES = {gpu.OURS: 1000.0, "peer": 500.0}  # milliseconds for 10 batches of 4 images
    assert gpu.rows(gpu.random_batch(4, 16, CPU), CPU, turns=1) == [
        ["training, float32: UNet 64-1024", "40", "1.00"],
        ["training, float32: peer", "80", "2.00"],
        ["predicting, float32: UNet 64-1024", "40", "1.00"],
        ["predicting, float32: peer", "80", "2.00"],
    ]
    assert len(waits) == 4


def test_gpu_networks_are_the_ones_named(load):
    networks = load("gpu").NETWORKS
    counts = {name: sum(p.numel() for p in build().parameters()) for name, build in networks.items()}
    assert counts == {"UNet 64-1024": 31_043_651, "smp Unet resnet34": 24_436_659}
