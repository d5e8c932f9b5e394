"""A course's folder with experiments that were never run, and results made up for the tests."""

import json

CODE = '"""A claim."""\n\nfrom experiments.shared.pieces import piece\n\nMINUTES = piece\n'
PIECES = '"""Pieces."""\n\npiece = 1\n'


def new_folder(root):
    (root / "experiments" / "shared").mkdir(parents=True)
    (root / "experiments" / "skips.py").write_text(CODE, encoding="utf-8")
    (root / "experiments" / "shared" / "pieces.py").write_text(PIECES, encoding="utf-8")
    return root


def run_of(seed, **figures):
    """A seed's run; in the names of figures, __ is a dot."""
    named = {name.replace("__", "."): value for name, value in figures.items()}
    about = {"minutes": 1.0, "device": "a card", "versions": {"torch": "2"}, "holds": {"yes": True}}
    return {"seed": seed, **about, "figures": named, "curves": {"with.loss": [1.0, 0.5]}}


def write(root, name, runs, source=None):
    from course_lib.authoring.results import result_path, source_hash, write_result

    write_result(result_path(root, name), "A claim.", source or source_hash(root, name), runs)
    return json.loads(result_path(root, name).read_text(encoding="utf-8"))


def three_seeds(root):
    """0.6, 0.7, 0.8 with skips; 0.1, 0.1, 0.1 without; 0.65, 0.7, 0.75 added."""
    values = zip((0.6, 0.7, 0.8), (0.1, 0.1, 0.1), (0.65, 0.7, 0.75), strict=True)
    runs = [
        run_of(seed, with__iou=one, without__iou=two, added__iou=three, with__weights=121547)
        for seed, (one, two, three) in enumerate(values)
    ]
    return write(root, "skips", runs)
