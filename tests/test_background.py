"""Work in a background process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from cica_graph.files import background as module
from cica_graph.files.background import in_background
from cica_graph.model.errors import Finding, ValidationFailed


def printed(code: str) -> str:
    """Return the output of a program. The test process has threads of libraries, so it cannot be forked."""
    head = "import os, signal\nfrom cica_graph.files.background import in_background\nHERE = os.getpid()\n"
    done = subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_answer_comes_from_another_process_and_may_be_large() -> None:
    code = "pid, found = in_background(lambda: (os.getpid(), 'x' * 10_000_000))()\nprint(pid != HERE, len(found))"
    assert printed(code) == "True 10000000"


def test_a_change_of_memory_stays_in_the_process() -> None:
    assert printed("seen = []\nprint(in_background(lambda: seen.append(1))(), seen)") == "None []"


def test_the_work_of_a_killed_process_is_done_here() -> None:
    code = "print(in_background(lambda: 'done' if os.getpid() == HERE else os.kill(os.getpid(), signal.SIGKILL))())"
    assert printed(code) == "done"


def test_an_exception_in_the_process_is_raised_here() -> None:
    code = "try:\n    in_background(lambda: {}['lost'])()\nexcept KeyError as error:\n    print(error)"
    assert printed(code) == "'lost'"
    finding = Finding("data/x.ttl", 3, 1, "rule", "", "what is wrong", "what to do")

    def work() -> None:
        raise ValidationFailed("1 finding", [finding])

    with pytest.raises(ValidationFailed, match="1 finding") as raised:
        in_background(work)()
    assert raised.value.findings == [finding]


def test_a_process_with_threads_of_a_library_is_not_forked() -> None:
    code = "import polars\npolars.Series(range(1000)).sort()\nprint(in_background(os.getpid)() == HERE)"
    assert printed(code) == "True"


def test_without_a_count_of_threads_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1_000)
    assert module._safe()
    monkeypatch.setattr(threading, "active_count", lambda: 0)
    assert in_background(os.getpid)() == os.getpid()
