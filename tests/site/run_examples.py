# Runs inside Pyodide: run all worked examples, and return what each prints, or its error, as JSON.
import json

import numpy  # noqa: F401  (so that it is loaded)

work = json.loads(arguments[0])  # noqa: F821  (set by the caller)
runner = {}
exec(work["runner"], runner)


def printed_by(program):
    printed = []
    error = runner["run_example"](program, printed.append)
    return error or "".join(printed).rstrip("\n")


json.dumps({name: printed_by(program) for name, program in work["programs"].items()})
