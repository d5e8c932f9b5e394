"""One file per claim about training: what its docstring claims is what its ``run`` measures.

`python -m experiments --help` says how to run them; docs/authoring.md says how lessons quote the results.
"""
