"""Work in a process beside this one."""

from __future__ import annotations

import os
import signal

import pytest

from cica_graph.beside import beside
from cica_graph.errors import Finding, Found

HERE = os.getpid()


def test_the_answer_comes_from_another_process_and_may_be_large() -> None:
    many = "x" * 10_000_000
    wait = beside(lambda: (os.getpid(), many))
    pid, found = wait()
    assert pid != HERE
    assert found == many


def test_what_the_work_changes_stays_there() -> None:
    seen: list[int] = []
    assert beside(lambda: seen.append(1))() is None
    assert seen == []


def test_what_goes_wrong_there_goes_wrong_here() -> None:
    finding = Finding("data/x.ttl", 3, 1, "rule", "", "what is wrong", "what to do")

    def work() -> None:
        raise Found("1 finding", [finding])

    wait = beside(work)
    with pytest.raises(Found, match="1 finding") as raised:
        wait()
    assert raised.value.findings == [finding]


def test_a_process_that_is_killed_is_made_up_for() -> None:
    def work() -> str:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"

    assert beside(work)() == "done"


def test_without_fork_the_wait_is_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert beside(os.getpid)() == HERE
