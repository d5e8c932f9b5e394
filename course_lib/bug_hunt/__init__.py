"""Pipelines that are each broken in one place, for lesson 11 and for the tests of `course diagnose`.

network   the small networks that they train
pieces    each broken piece, a function for each bug, and what makes a training of a piece, broken or mended
make_run  the training itself

Which letter of the lesson has which bug is not told here, but beside the exercises: ``exercises/l11_bug_hunt/runs.py``.
"""
