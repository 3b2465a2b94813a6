"""The top level holds what the task fixes, and nothing beside it."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIXED = {
    "pyproject.toml",
    "nas",
    "search_spaces",
    "studies",
    "tests",
    "README.md",
    ".ci",
    "constraints.txt",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
}


def test_nothing_else_is_at_the_top():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    top = {line.partition("/")[0] for line in listed if line}
    assert {name for name in top - FIXED if not name.startswith(".")} == set()


def test_imports_at_the_top_do_not_load_torch():
    import sys

    code = "import sys, nas, nas.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
