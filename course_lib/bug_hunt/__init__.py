"""Ten pipelines, each broken in one place, for lesson 11 and for the tests of `course diagnose`.

network   the small networks that they train
pieces    each broken piece, a function a bug, and what makes a training of a piece, broken or mended
hunt      the ten runs of the lesson: made, looked at, made again with a piece that was mended
"""
