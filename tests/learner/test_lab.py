"""Copies of the notebooks, and how JupyterLab is started."""

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyterlab.commands import get_app_dir
from jupyterlab.labapp import LabApp
from jupyterlab_server.settings_utils import _get_overrides as get_overrides
from traitlets.utils.importstring import import_item

from course_lib.learner import lab
from course_lib.learner.lab import copy_missing_notebooks, start_lab


@pytest.fixture
def course(tmp_path):
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    for name in ("00_start_here", "01_argmax_per_pixel"):
        text = json.dumps({"cells": [], "metadata": {"lesson": name}, "nbformat": 4, "nbformat_minor": 5})
        (notebooks / f"{name}.ipynb").write_text(text, encoding="utf-8")
    (notebooks / "README.md").write_text("not a notebook", encoding="utf-8")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_missing_notebooks_are_copied(course):
    copies = copy_missing_notebooks(course / "notebooks", course / "work")
    assert [copy.name for copy in copies] == ["00_start_here.ipynb", "01_argmax_per_pixel.ipynb"]
    originals = contents(course / "notebooks")
    del originals["README.md"]
    assert contents(course / "work") == originals


def test_a_learners_notebook_is_never_touched(course):
    mine = course / "work" / "00_start_here.ipynb"
    mine.parent.mkdir()
    mine.write_text("my answers", encoding="utf-8")
    copies = copy_missing_notebooks(course / "notebooks", course / "work")
    assert [copy.name for copy in copies] == ["01_argmax_per_pixel.ipynb"]
    assert mine.read_text(encoding="utf-8") == "my answers"
    assert copy_missing_notebooks(course / "notebooks", course / "work") == []


def test_a_copy_that_breaks_off_leaves_nothing_behind(course, monkeypatch):
    def break_off(source, target):
        Path(target).write_bytes(Path(source).read_bytes()[:10])
        raise OSError("no space left on device")

    monkeypatch.setattr(shutil, "copyfile", break_off)
    with pytest.raises(OSError, match="no space left"):
        copy_missing_notebooks(course / "notebooks", course / "work")
    assert contents(course / "work") == {}


@pytest.fixture
def launched(monkeypatch):
    """Stand in for JupyterLab: note its arguments and its folder."""
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    calls = []
    monkeypatch.setattr(LabApp, "launch_instance", lambda arguments: calls.append((arguments, Path.cwd())))
    return calls


@pytest.mark.parametrize(("user", "admitted"), [(0, ["--allow-root"]), (1000, [])])
def test_lab_admits_root_the_only_user_in_a_container(course, launched, monkeypatch, user, admitted):
    monkeypatch.setattr(lab.os, "geteuid", lambda: user, raising=False)
    copy_missing_notebooks(course / "notebooks", course / "work")
    start_lab(root=course)
    assert launched[0][0] == admitted


def test_lab_opens_in_the_work_folder_with_the_learners_arguments(course, launched, capsys, monkeypatch):
    monkeypatch.setattr(lab.os, "geteuid", lambda: 1000, raising=False)
    before = Path.cwd()
    assert start_lab(["--no-browser", "--port", "8899"], root=course) == 0
    landing = "--LabApp.default_url=/lab/tree/00_start_here.ipynb"
    assert launched == [([landing, "--no-browser", "--port", "8899"], course / "work")]
    assert Path.cwd() == before
    assert capsys.readouterr().out == (
        f"Copied to {course / 'work'}: 00_start_here.ipynb, 01_argmax_per_pixel.ipynb\n"
    )
    start_lab(root=course)  # once there, JupyterLab opens where the learner left off
    assert launched[1][0] == []
    assert capsys.readouterr().out == f"Your notebooks are in {course / 'work'}; none was missing.\n"


def test_lab_opens_even_before_there_are_notebooks(tmp_path, launched, capsys):
    assert start_lab(root=tmp_path) == 0
    assert len(launched) == 1
    assert capsys.readouterr().out.startswith("There are no notebooks to copy yet")


def test_jupyterlab_neither_asks_for_news_nor_looks_for_updates(course, launched, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(course / "mine"))
    lab.open_lab(course)
    lab.open_lab(course)
    folders = os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert folders == [str(course / "mine"), str(lab.SETTINGS)]
    overrides, error = get_overrides(str(course))
    assert not error
    schema = Path(get_app_dir()) / "schemas" / "@jupyterlab" / "apputils-extension" / "notification.json"
    known = json.loads(schema.read_text(encoding="utf-8"))["properties"]
    settings = overrides["@jupyterlab/apputils-extension:notification"]
    assert settings == {"checkForUpdates": False, "fetchNews": "false"}
    assert settings.keys() <= known.keys()
    assert settings["fetchNews"] in {choice["const"] for choice in known["fetchNews"]["oneOf"]}


def test_jupyterlab_sends_every_message_of_a_kernel_at_once(monkeypatch):
    settings = json.loads((lab.SETTINGS / "jupyter_server_config.json").read_text(encoding="utf-8"))
    connection = import_item(settings["ServerApp"]["kernel_websocket_connection_class"])
    calls = []
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda self: calls.append("connected"))
    opened = connection.__new__(connection)
    handler = SimpleNamespace(set_nodelay=lambda value: calls.append(("without delay", value)))
    monkeypatch.setattr(connection, "websocket_handler", handler)
    opened.connect()
    assert calls == [("without delay", True), "connected"]
