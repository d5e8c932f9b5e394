"""Messages go over as plain data and come back as what they were; anything else is refused."""

import pytest

from course_lib.grading.sandbox.inside import codec, protocol
from course_lib.grading.sandbox.inside.codec import WireError
from course_lib.grading.sandbox.inside.dependencies import Plan
from course_lib.grading.sandbox.inside.protocol import About, Analysis, AskForLent, Reply, pack, unpack

MESSAGES = [
    protocol.Hello(),
    protocol.Ready(),
    protocol.Load(["torch"]),
    protocol.OpenJail(3),
    protocol.CloseJail(3),
    protocol.Start(1.5, 1 << 30),
    protocol.LetClockRun(True),
    protocol.Stop(),
    protocol.Ended("signal", "SIGKILL"),
    protocol.Analyse([(1, "x = 1")], [(-1, "import math")], ["def f(): ..."], ["f"]),
    protocol.Define("f", {1: "def f(): pass"}, [(1, 0)], examples={"one": (1,)}, lent=["iou"]),
    protocol.Call((1, [2.5]), {"side": 3}),
    protocol.Redefine("def f(): return 2"),
    protocol.ListLibraries(),
    protocol.Lend("returned", 0.5),
    Analysis({"f": vars(Plan([(1, 0)]))}, [(2, "is no Python")]),
    About(True, True, "function", [["x", 1, False]]),
    Reply("raised", error="ValueError: no", line="line 2: raise"),
    AskForLent("iou", ([[1]], [[1]]), {}),
    protocol.Libraries(["course_lib.metrics"]),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_what_it_was(message):
    sent = codec.encode(pack(message), strict=True)
    assert unpack(codec.decode(sent), *(type(other) for other in MESSAGES)) == message


def test_every_message_is_tried():
    assert {type(message) for message in MESSAGES} == {
        kind
        for base in (protocol.Order, protocol.Report)
        for kind in base.__subclasses__()
        if kind.__module__ == protocol.__name__
    }


@pytest.mark.parametrize(
    "plain",
    [
        None,
        ["returned"],
        {},
        {"value": 1},
        {"status": "passed"},
        {"status": ["returned"]},
        {"status": "returned", "value": 1, "score": 100},
        {"status": "returned", "printed": 5},
        {"status": "returned", "patched": "torch.equal"},
        {"status": "ask", "exercise": "iou", "args": [], "named": {}},
        {"status": "ask", "exercise": "iou", "args": ()},
        {"status": "defined", "defined": True},
        {"status": "returned", 1: 2},
    ],
)
def test_what_is_no_reply_is_refused(plain):
    with pytest.raises(WireError, match="it is not (a message|an answer)"):
        unpack(plain, Reply, AskForLent)


def test_a_plan_that_is_none_is_refused():
    analysis = Analysis({"f": {"statements": [], "is_defined": "yes"}}, [])
    for name in ("f", "g"):
        with pytest.raises(WireError):
            analysis.plan(name)
