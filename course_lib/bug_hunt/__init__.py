"""Pipelines that are each broken in one place, for lesson 11 and for the tests of `course diagnose`.

network   the small networks that they train
pieces    a function for each bug, and the parts of a training that use a piece, broken or mended
make_run  the training itself

The letters of the bugs are not here, but beside the exercises: ``exercises/l11_bug_hunt/runs.py``.
"""
