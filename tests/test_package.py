"""What an installed wheel carries: every file that the code reads is named as package data."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_data_file_is_package_data():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    patterns = settings["package-data"]["nas"]
    package = ROOT / "nas"
    folders = [package, *(path for path in package.rglob("*") if path.is_dir())]
    files = {
        path.relative_to(package).as_posix()
        for folder in folders
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert "space/files/mbconv.nas" in files
    assert not [name for name in files if not any(fnmatch(name, each) for each in patterns)]


def test_every_space_comes_along():
    written = {path.name for path in (ROOT / "search_spaces").glob("*.nas")}
    assert {path.name for path in (ROOT / "nas/space/files").glob("*.nas")} == written


def test_every_package_has_an_init():
    modules = (ROOT / "nas").rglob("*.py")
    assert not [path for path in modules if not (path.parent / "__init__.py").exists()]
