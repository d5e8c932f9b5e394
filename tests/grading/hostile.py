"""What students' code may try, one small source each: all of them stand where `class_pixels` should be solved.

Wherever nothing else is said, an attempt must get no point for `class-pixels`, and must leave the honest answer to
`semantic-map` in the same notebook its full marks. `{secret}` is a folder of grades, `{root}` the course's
own, `{grader}` the id of the grader's process; braces that are meant stand twice.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attempt:
    """One attempt.

    Attributes:
        name: what is tried.
        source: the code.
        cases: how many cases may come out right, honestly: for answers that are partly right.
        statuses: what may become of the exercise.
        flag: the beginning of a flag that the instructor must see, or nothing.
    """

    name: str
    source: str
    cases: tuple[int, ...] = (0,)
    statuses: tuple[str, ...] = ("failed", "raised", "stopped", "missing", "not attempted")
    flag: str = ""


def filled_in(attempt, secret, root, grader):
    """An attempt's source with places and processes of this machine."""
    source = attempt.source
    for name, value in {"secret": secret, "root": root, "grader": grader}.items():
        source = source.replace(f"{{{name}}}", str(value))
    return source.replace("{{", "{").replace("}}", "}")


def function(body, before=""):
    """A `class_pixels` with this body, and statements before it."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"{before}\ndef class_pixels(mask, class_id):\n{lines}\n"


HONEST = "return sum(row.count(class_id) for row in mask)"
PATCHED = "def class_pixels(mask, class_id):\n    patch()\n    return -1\n"

PROCESSES = (
    Attempt("fork bomb", function("while True: os.fork()", "import os"), statuses=("stopped", "raised")),
    Attempt(
        "fork bomb of sleepers",
        function("while True:\n    if not os.fork(): time.sleep(1000)", "import os, time"),
        statuses=("stopped", "raised"),
    ),
    Attempt("os._exit in the answer", function("os._exit(0)", "import os"), statuses=("stopped",)),
    Attempt(
        "os._exit in the cell",
        "import os\nclass_pixels = os._exit(0)",
        statuses=("stopped",),
        flag="reaches for _exit",
    ),
    Attempt("sys.exit", function("sys.exit(0)", "import sys"), statuses=("raised",)),
    Attempt("abort", function("os.abort()", "import os"), statuses=("stopped",)),
    Attempt(
        "a signal to the parent",
        function("os.kill(os.getppid(), signal.SIGKILL)\nreturn -1", "import os, signal"),
    ),
    Attempt(
        "a signal to the grader",
        function("os.kill({grader}, signal.SIGKILL)\nreturn -1", "import os, signal"),
    ),
    Attempt("a signal to all", function("os.kill(-1, signal.SIGKILL)\nreturn -1", "import os, signal")),
    Attempt(
        "a signal to its group", function("os.killpg(0, signal.SIGKILL)\nreturn -1", "import os, signal")
    ),
    Attempt(
        "signals are ignored and the time runs out",
        function(
            "while True: pass",
            "import signal\nfor number in range(1, 32):\n    try: signal.signal(number, signal.SIG_IGN)\n"
            "    except (OSError, ValueError): pass",
        ),
        statuses=("stopped",),
    ),
    Attempt(
        "a thread that outlives the cell",
        function(
            "threading.Thread(target=spin).start()\nreturn -1",
            "import threading\n\ndef spin():\n    while True: pass\n",
        ),
    ),
    Attempt(
        "a daemon that leaves by a double fork",
        function(
            "if not os.fork():\n    os.setsid()\n    if not os.fork(): time.sleep(1000)\n    os._exit(0)\nreturn -1",
            "import os, time",
        ),
    ),
    Attempt(
        "a child that runs a program",
        function("subprocess.Popen(['sleep', '1000'])\nreturn -1", "import subprocess"),
    ),
    Attempt("sleeping forever", function("time.sleep(10_000)", "import time"), statuses=("stopped",)),
    Attempt("a loop without an end", function("while True: pass"), statuses=("stopped",)),
    Attempt(
        "a loop that swallows every interruption",
        function("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        statuses=("stopped",),
    ),
    Attempt("a cell without an end", "while True:\n    class_pixels = len", statuses=("stopped",)),
    Attempt(
        "a loop inside C",
        function("return sum(1 for _ in iter(int, 1))"),
        statuses=("stopped",),
    ),
)

RESOURCES = (
    Attempt("8 GB at once", function("return len(bytearray(8 << 30))"), statuses=("stopped",)),
    Attempt(
        "8 GB of zeros",
        function("return int(np.ones(1 << 30).sum())", "import numpy as np"),
        statuses=("stopped",),
    ),
    Attempt(
        "memory in small steps",
        function("kept = []\nwhile True: kept.append(bytearray(1 << 20))"),
        statuses=("stopped",),
    ),
    Attempt(
        "memory in many processes",
        function(
            "for _ in range(8): os.fork()\nkept = [bytearray(200 << 20)]\ntime.sleep(1000)", "import os, time"
        ),
        statuses=("stopped", "raised"),
    ),
    Attempt(
        "a file filled without end",
        function("with open('/tmp/full', 'wb') as file:\n    while True: file.write(bytes(1 << 20))"),
        statuses=("raised", "stopped"),
    ),
    Attempt(
        "files without end",
        function(
            "for n in itertools.count(): open(f'/tmp/{{n}}', 'wb').write(bytes(1 << 20))", "import itertools"
        ),
        statuses=("raised", "stopped"),
    ),
    Attempt(
        "prints without end",
        function("while True: print('x' * 10_000)"),
        statuses=("stopped",),
    ),
    Attempt(
        "bytes without end to every open file",
        function(
            "while True:\n    for number in range(256):\n        try: os.write(number, bytes(65536))\n"
            "        except OSError: pass",
            "import os",
        ),
        statuses=("stopped",),
    ),
    Attempt("recursion", function("return class_pixels(mask, class_id)"), statuses=("raised",)),
    Attempt(
        "recursion without a limit",
        function("return class_pixels(mask, class_id)", "import sys\nsys.setrecursionlimit(10**9)"),
        statuses=("stopped", "raised"),
    ),
    Attempt("open files without end", function("kept = []\nwhile True: kept.append(open('/dev/null'))")),
    Attempt(
        "limits are raised",
        function(
            "for kind in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CPU):\n"
            "    resource.setrlimit(kind, (resource.RLIM_INFINITY,) * 2)\nreturn len(bytearray(8 << 30))",
            "import resource",
        ),
    ),
    Attempt("a large source", function("return [" + "[" * 150 + "]" * 150 + "]")),
    Attempt(
        "a source nested too deeply", function("return " + "(" * 5000 + ")" * 5000), statuses=("missing",)
    ),
    Attempt("a long chain in the source", function("return " + "-" * 100_000 + "1"), statuses=("missing",)),
    Attempt("a null character in the source", function("return 0\0"), statuses=("missing",)),
)

LOOKING = (
    Attempt(
        "the environment",
        function("return str(dict(os.environ))", "import os"),
        statuses=("failed",),
    ),
    Attempt(
        "the grader's files",
        function(
            "found = []\nfor folder in ('{secret}', '/proc/1/root{secret}', '/proc/1/cwd', '/root', '/home'):\n"
            "    try: found += [open(os.path.join(folder, name)).read() for name in os.listdir(folder)]\n"
            "    except OSError: pass\nreturn found",
            "import os",
        ),
        statuses=("failed",),
    ),
    Attempt(
        "the references",
        function(
            "from course_lib.exercises.l00_start_here.class_pixels import class_pixels as right\n"
            "return right(mask, class_id)"
        ),
        statuses=("raised",),
    ),
    Attempt(
        "the references, by the path of the checkout",
        function(
            "sys.path.insert(0, '{root}')\nfor name in list(sys.modules):\n"
            "    if name.startswith('course_lib'): del sys.modules[name]\n"
            "from course_lib.exercises.l00_start_here.class_pixels import class_pixels as right\n"
            "return right(mask, class_id)",
            "import sys",
        ),
        statuses=("raised",),
    ),
    Attempt(
        "unblock as an oracle",
        function("return unblock('class-pixels', None)(mask, class_id)"),
        statuses=("raised",),
    ),
    Attempt(
        "unblock as an oracle, asked by another name",
        function("return unblock('semantic-map', None)(mask, dict())"),
        statuses=("raised", "failed"),
    ),
    Attempt(
        "expected values in the caller's frames",
        function(
            "frame, found = sys._getframe(), []\nwhile frame:\n"
            "    found += [value for name, value in frame.f_locals.items() if 'expect' in name]\n"
            "    frame = frame.f_back\nreturn found[0] if found else -1",
            "import sys",
        ),
        flag="reaches for _getframe",
    ),
    Attempt(
        "expected values and seeds in memory",
        function(
            "for thing in gc.get_objects():\n    if type(thing).__name__ in ('Expected', 'Case', 'Outcome'):\n"
            "        return thing.expected.value\nreturn -1",
            "import gc",
        ),
        flag="reaches for gc",
    ),
    Attempt(
        "the memory of the parent, by ptrace",
        function(
            "libc = ctypes.CDLL(None, use_errno=True)\ndone = libc.ptrace(16, os.getppid(), 0, 0)\n"
            "return 0 if done == 0 else -1",
            "import ctypes, os",
        ),
        flag="reaches for ctypes",
    ),
    Attempt(
        "the memory of the parent, by /proc",
        function("return len(open(f'/proc/{{os.getppid()}}/mem', 'rb').read(1))", "import os"),
        statuses=("raised",),
    ),
    Attempt(
        "the files of the parent",
        function("return len(os.listdir(f'/proc/{{os.getppid()}}/fd'))", "import os"),
        statuses=("raised",),
    ),
    Attempt(
        "another view of the machine",
        function(
            "libc = ctypes.CDLL(None)\nlibc.unshare(0x10000000)\nlibc.mount(b'none', b'/tmp', b'tmpfs', 0, None)\n"
            "libc.chroot(b'/proc/1/root')\nreturn -1 if libc.setuid(0) else 0",
            "import ctypes",
        ),
    ),
    Attempt(
        "the internet",
        function(
            "socket.create_connection(('192.0.2.1', 80), timeout=5)\nreturn 0",
            "import socket",
        ),
        statuses=("raised",),
    ),
    Attempt(
        "a socket for a friend",
        function(
            "server = socket.socket(socket.AF_UNIX)\nserver.bind('\\0friend')\nserver.listen()\nserver.accept()",
            "import socket",
        ),
        statuses=("raised", "stopped"),
    ),
    Attempt(
        "writing outside of its folder",
        function(
            "for folder in ('{secret}', '{secret}/results', '/', '/etc', '/usr', '/var/tmp', '/course'):\n"
            "    try: open(folder + '/HACKED', 'w').write('x')\n    except OSError: pass\nreturn -1"
        ),
    ),
)

PATCHES = (
    Attempt(
        "builtins that agree with all",
        "import builtins\n\ndef patch():\n    for name in ('len', 'all', 'any', 'sum', 'isinstance', 'type', 'abs'):\n"
        "        setattr(builtins, name, lambda *a, **k: True)\n\n" + PATCHED,
    ),
    Attempt(
        "json",
        'import json\n\ndef patch():\n    json.dumps = lambda *a, **k: \'{{"status":"passed"}}\'\n'
        "    json.loads = lambda *a, **k: 1\n    json.JSONEncoder.encode = json.dumps\n\n" + PATCHED,
    ),
    Attempt(
        "NumPy",
        "import numpy as np\n\ndef patch():\n    np.isclose = np.array_equal = np.allclose = lambda *a, **k: True\n"
        "    np.ndarray.__eq__ = None\n\n" + PATCHED,
    ),
    Attempt(
        "the course's own metrics",
        "from course_lib import masks, metrics\n\ndef patch():\n"
        "    for module in (masks, metrics):\n"
        "        for name in dir(module):\n"
        "            if callable(getattr(module, name)): setattr(module, name, lambda *a, **k: True)\n\n"
        + PATCHED,
    ),
    Attempt(
        "the code that runs answers",
        "import sys\n\ndef patch():\n    worker = sys.modules['inside.worker']\n"
        "    worker._put_to_the_test = lambda *a: worker.Reply('returned', 1)\n"
        "    worker.codec.encode = lambda *a, **k: b'passed'\n\n" + PATCHED,
    ),
    Attempt(
        "modules",
        "import sys\n\ndef patch():\n    for name in list(sys.modules):\n        sys.modules[name] = None\n\n"
        + PATCHED,
    ),
    Attempt(
        "import hooks",
        "import sys\n\nclass Finder:\n    @staticmethod\n    def find_spec(name, path=None, target=None):\n"
        "        raise ImportError(name)\n\nsys.meta_path.insert(0, Finder)\n" + function("return -1"),
    ),
    Attempt(
        "audit hooks",
        function(
            "sys.addaudithook(refuse)\nreturn -1", "import sys\n\ndef refuse(*_):\n    raise RuntimeError\n"
        ),
    ),
    Attempt(
        "input transformers",
        "get_ipython().input_transformers_post.append(lambda lines: ['pass'])\n" + function("return -1"),
    ),
    Attempt("tracing", function("sys.settrace(lambda *a: None)\nreturn -1", "import sys")),
    Attempt(
        "code at the end of Python",
        function("return -1", "import atexit, os\natexit.register(os._exit, 0)\n"),
    ),
    Attempt(
        "forged messages",
        function(
            "text = json.dumps({{'d': [['status', 'returned'], ['value', 0]]}}).encode()\n"
            "message = struct.pack('>II', len(text), 0) + text\n"
            "for number in range(3, 256):\n    try: os.write(number, message * 50)\n    except OSError: pass\n"
            "time.sleep(1000)",
            "import json, os, struct, time",
        ),
        cases=tuple(range(10)),  # as many as an answer has that returns 0
    ),
    Attempt(
        "closed files",
        function("os.closerange(0, 1024)\nreturn 0", "import os"),
        statuses=("stopped",),
    ),
    Attempt(
        "a message that says passed",
        function("return {{'status': 'passed', 'score': 100, 'max_score': 1}}"),
        statuses=("failed",),
    ),
)

EQUALS = """
class Equal({base}):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __lt__(self, other): return False
    __gt__ = __lt__
    def __le__(self, other): return True
    __ge__ = __le__
    def __sub__(self, other): return 0
    __rsub__ = __sub__
    def __abs__(self): return 0
    def __bool__(self): return True
    def __call__(self, *args): return self
    def __getattr__(self, name): return self
    def __array__(self, *args, **kwargs): return np.array(0)
"""


def equal(base, value):
    return "import numpy as np\n" + EQUALS.replace("{base}", base) + function(f"return {value}")


VALUES = (
    Attempt("an object equal to everything", equal("object", "Equal()"), statuses=("failed", "stopped")),
    Attempt("a float equal to everything", equal("float", "Equal(-1.5)"), statuses=("failed",)),
    Attempt("an int equal to everything", equal("int", "Equal(-1)"), statuses=("failed",)),
    Attempt("a str equal to everything", equal("str", "Equal('x')"), statuses=("failed",)),
    Attempt("an array equal to everything", equal("np.ndarray", "np.zeros((2, 2)).view(Equal)")),
    Attempt("a dict equal to everything", equal("dict", "Equal()")),
    Attempt("a class that lies about itself", function("class Int:\n    __class__ = int\nreturn Int()")),
    Attempt("nan", function("return float('nan')"), statuses=("failed",)),
    Attempt(
        "an array of nan",
        function("return np.full((2, 2), np.nan)", "import numpy as np"),
        statuses=("failed",),
    ),
    Attempt("infinity", function("return float('inf')"), statuses=("failed",)),
    Attempt("a huge int", function("return 10**4000"), statuses=("failed",)),
    Attempt("a giant int", function("return 1 << (1 << 24)"), statuses=("failed",)),
    Attempt("a complex number", function("return 1j"), statuses=("failed",)),
    Attempt("a giant list", function("return [0] * 50_000_000")),
    Attempt("a giant string", function("return 'x' * 100_000_000")),
    Attempt("a giant array", function("return np.zeros(40_000_000)", "import numpy as np")),
    Attempt(
        "an array without memory", function("return np.broadcast_to(0, (1 << 40,))", "import numpy as np")
    ),
    Attempt("deep nesting", function("value = []\nfor _ in range(100_000): value = [value]\nreturn value")),
    Attempt("a list that holds itself", function("value = []\nvalue.append(value)\nreturn value")),
    Attempt("a dict with odd keys", function("return {{float('nan'): 1, None: 2, (1, 2): 3, b'x': 4}}")),
    Attempt("a generator", function("yield from mask"), statuses=("failed",)),
    Attempt("a function", function("return class_pixels"), statuses=("failed",)),
    Attempt("an array of objects", function("return np.array([object()])", "import numpy as np")),
    Attempt("half a character", function("return '\\ud800'"), statuses=("failed",)),
    Attempt("a memory view", function("return memoryview(b'abc')"), statuses=("failed",)),
    Attempt("a coroutine", "async " + function("return 0").lstrip(), statuses=("failed",)),
    Attempt(
        "a class in place of the function",
        "class class_pixels:\n    def __init__(self, mask, class_id): pass\n",
    ),
    Attempt("a number in place of the function", "class_pixels = 7", statuses=("failed",)),
    Attempt(
        "answers by the count of calls",
        "calls = iter([8, 0, 3])\n" + function("return next(calls, -1)"),
        cases=(0, 1, 2, 3),
    ),
    Attempt("one answer to all", function("return 0"), cases=tuple(range(10))),
)

ERRORS = (
    Attempt("an error with bytes that are no text", function("raise ValueError('\\udcff\\ud800 \\x00')")),
    Attempt("an error with escape codes", function("raise ValueError('\\x1b[2J\\x1b]0;owned\\x07 \\u202e')")),
    Attempt(
        "an error with a script",
        function("raise ValueError('<script>alert(1)</script><img src=x onerror=alert(2)>')"),
    ),
    Attempt("a value with a script", function("return '<script>alert(1)</script>'"), statuses=("failed",)),
    Attempt(
        "an error whose name is a script",
        function("raise type('<script>alert(1)</script>', (Exception,), {{}})('x')"),
    ),
    Attempt(
        "an error that raises when it is shown",
        function(
            "raise Bad",
            "class Bad(Exception):\n    def __str__(self): raise SystemExit\n    __repr__ = __str__\n",
        ),
        statuses=("raised",),
    ),
    Attempt("an error beyond all errors", function("raise BaseException('x')"), statuses=("raised",)),
    Attempt("a keyboard interrupt", function("raise KeyboardInterrupt"), statuses=("raised",)),
    Attempt("a generator's exit", function("raise GeneratorExit"), statuses=("raised",)),
    Attempt("an error of a megabyte", function("raise ValueError('x' * (1 << 20))"), statuses=("raised",)),
    Attempt("NotImplementedError", function("raise NotImplementedError"), statuses=("not attempted",)),
)

# These know what they were asked, and try to put it where their author can read it afterwards.
LEAKS = (
    Attempt(
        "hidden input in an error", function("raise ValueError(repr((mask, class_id)))"), statuses=("raised",)
    ),
    Attempt("hidden input as the answer", function("return [mask, class_id]"), statuses=("failed",)),
    Attempt(
        "hidden input in the error's name", function("raise type(f'E{{mask}}', (Exception,), {{}})(mask)")
    ),
    Attempt("hidden input on paper", function("print(mask, class_id)"), statuses=("failed",)),
    Attempt(
        "right for the worked cases, then hidden input",
        function(
            "calls.append(1)\nif len(calls) > 3: raise type(f'E{{mask}}', (Exception,), {{}})(repr(mask))\n"
            + HONEST,
            "calls = []",
        ),
        cases=tuple(range(15)),
    ),
)

ATTEMPTS = (*PROCESSES, *RESOURCES, *LOOKING, *PATCHES, *VALUES, *ERRORS, *LEAKS)
