"""The command line: in this process, which is quicker, or in another one, where that is what a test is about."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from cica_graph.cli import main

Done = subprocess.CompletedProcess[str]


def run(*arguments: str | Path, cwd: Path | None = None, stdin: str = "", **env: str) -> Done:
    """Run a command in this process, as a pipe would see it. It ends as a process does, with its exit code."""
    command = ["cica-graph", *map(str, arguments)]
    with _kept(), CliRunner(charset="utf-8").isolation(input=stdin, env=env) as (out, err, _):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", command)
            if cwd is not None:
                patch.chdir(cwd)
            try:
                main()
            except SystemExit as done:
                code = done.code if isinstance(done.code, int) else int(done.code is not None)
        sys.stdout.flush()
        sys.stderr.flush()
        texts = (stream.getvalue().decode().replace("\r\n", "\n") for stream in (out, err))
        return subprocess.CompletedProcess(command, code, *texts)


@contextmanager
def _kept() -> Iterator[None]:
    """Keep the settings of the garbage collector, which the command changes."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def spawn(*arguments: str | Path, cwd: Path | None = None, stdin: str = "", **env: str) -> Done:
    """Run a command in another process."""
    return subprocess.run(
        [sys.executable, "-m", "cica_graph", *arguments],
        capture_output=True, cwd=cwd, input=stdin, env={**os.environ, **env}, encoding="utf-8",
    )  # fmt: skip
