"""`make system` with a test version of apt-get: its requests, and its messages if packages are not available."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

APT = """#!/bin/sh
echo "$DEBIAN_FRONTEND: $*" >>{log}
exit {code}
"""


def system(root: Path, tools: Path, user: int, code: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the script with only these programs in the PATH."""
    tools.mkdir()
    bash = shutil.which("bash")
    assert bash is not None
    (tools / "bash").symlink_to(bash)
    scripts = {"id": f"#!/bin/sh\necho {user}\n"}
    if code is not None:
        scripts["apt-get"] = APT.format(log=tools / "log", code=code)
    for name, text in scripts.items():
        (tools / name).write_text(text, "utf-8")
        (tools / name).chmod(0o755)
    script = str(root / ".ci" / "system")
    return subprocess.run([bash, script], capture_output=True, text=True, check=False, env={"PATH": str(tools)})


@pytest.mark.parametrize(("user", "code"), [(1000, 0), (1000, None), (0, None)])
def test_missing_programs_are_listed_if_they_cannot_be_installed(
    root: Path, tmp_path: Path, user: int, code: int | None
) -> None:
    done = system(root, tmp_path / "bin", user, code)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("Some tests will be skipped. To run them as well, install: ")
    assert {"caddy", "chromium", "raptor2-utils", "default-jre-headless", "nodejs", "npm", "librsvg2-bin"} <= set(
        done.stderr.split()
    )
    assert not (tmp_path / "bin" / "log").exists()


@pytest.mark.skipif(not Path("/usr/sbin/policy-rc.d").exists(), reason="the script would write one for a moment")
@pytest.mark.parametrize("code", [0, 100])
def test_root_installs_only_missing_programs(root: Path, tmp_path: Path, code: int) -> None:
    done = system(root, tmp_path / "bin", 0, code)
    calls = (tmp_path / "bin" / "log").read_text("utf-8").splitlines()
    assert calls[0] == "noninteractive: update"
    if code == 0:
        assert calls[1].startswith("noninteractive: install --yes --no-install-recommends ")
        assert "caddy chromium raptor2-utils" in calls[1]
    assert (done.returncode, len(calls)) == (0, 2 if code == 0 else 1)
    assert done.stderr.startswith("Some tests will be skipped, since apt-get could not install: ") == (code != 0)
