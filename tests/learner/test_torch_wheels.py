"""Which wheels of torch are installed."""

import pytest

from course_lib.learner import torch_wheels
from course_lib.learner.torch_wheels import CPU_WHEELS, installer_arguments


@pytest.mark.parametrize(
    ("installer", "wanted", "has_gpu", "answers", "arguments", "said"),
    [
        ("uv", "", False, True, "--torch-backend=cpu", "without CUDA, as there is no NVIDIA GPU here"),
        ("pip", "", False, True, f"--extra-index-url {CPU_WHEELS}", "TORCH=cuda takes the other wheels"),
        ("pip", "", False, False, "", "does not answer: the usual wheels, 5 GB more"),
        ("uv", "", True, True, "", "with CUDA, for the NVIDIA GPU of this machine; TORCH=cpu"),
        ("pip", "cpu", True, True, f"--extra-index-url {CPU_WHEELS}", "without CUDA, as you asked"),
        ("uv", "cuda", False, True, "", "with CUDA, as you asked"),
    ],
)
def test_a_machine_without_a_gpu_gets_the_small_wheels_where_they_can_be_had(
    installer, wanted, has_gpu, answers, arguments, said
):
    chosen, sentence = installer_arguments(installer, wanted, has_gpu, answers)
    assert chosen == arguments
    assert said in sentence


def test_the_arguments_are_printed_and_the_sentence_goes_to_the_reader(monkeypatch, capsys):
    monkeypatch.setattr(torch_wheels.sys, "platform", "linux")
    monkeypatch.setattr(torch_wheels.shutil, "which", lambda name: None)
    monkeypatch.setattr(torch_wheels, "answers", lambda: True)
    assert torch_wheels.main("uv") == 0
    printed = capsys.readouterr()
    assert printed.out == "--torch-backend=cpu\n"
    assert "5 GB less" in printed.err


def test_elsewhere_than_on_linux_nothing_is_chosen_or_asked(monkeypatch, capsys):
    monkeypatch.setattr(torch_wheels.sys, "platform", "darwin")
    monkeypatch.setattr(torch_wheels, "answers", lambda: pytest.fail("the network was asked"))
    assert torch_wheels.main("pip", "cpu") == 0
    assert capsys.readouterr() == ("", "")


def test_an_unknown_choice_is_refused(capsys):
    assert torch_wheels.main("pip", "rocm") == 2
    assert capsys.readouterr().err == "TORCH=rocm is not known: cpu or cuda.\n"


def test_an_index_that_is_not_there_does_not_answer():
    assert not torch_wheels.answers("http://127.0.0.1:9")
