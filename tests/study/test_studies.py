"""The studies of the repository: what their files say, and how one is run."""

import json
import re
import shlex
from pathlib import Path

import pytest

from nas.cli import parser
from nas.errors import NasError
from nas.study import rerun, studies

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path for path in (ROOT / "studies").iterdir() if (path / "README.md").exists())
NOT_RUN = {  # told on a page, but no part of its results
    "studies/nas_bench_201/scores.py",  # for hours, into the committed scores.csv
}
COMMANDS = """
about = "Of what a test needs"
time = "a second"
needs = ["NAS_TEST_NEEDS"]

[[step]]
run = "python studies/small/say.py whole {out} $NAS_TEST_NEEDS"
quick = "python studies/small/say.py little {out} $NAS_TEST_NEEDS"
keep = "said.txt"

[[step]]
run = "python studies/small/say.py begins {out}"
quick = ""
resume = "python studies/small/say.py goes-on {out}"
begun = "{out}/begins"
"""
SAY = """
import pathlib, sys
what, out, *more = sys.argv[1:]
print(what, *more)
(pathlib.Path(out) / what).touch()
if (pathlib.Path(out) / "broken").exists():
    sys.exit("the disk is full")
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    folder = tmp_path / "studies" / "small"
    folder.mkdir(parents=True)
    (folder / "commands.toml").write_text(COMMANDS)
    (folder / "say.py").write_text(SAY)
    monkeypatch.setenv("NAS_TEST_NEEDS", "the data")
    return studies.RepositoryStudy.load(folder)


def sittings(out):
    return json.loads((out / "study.json").read_text())["sittings"]


def test_steps_run_in_order_and_are_written_down(small, tmp_path):
    said, out = [], tmp_path / "out"
    rerun.run(small, out, quick=False, say=said.append)
    assert said[1:4:2] == ["whole the data", "begins"]
    assert (out / "said.txt").read_text() == "whole the data\n"
    (sitting,) = sittings(out)
    assert [step["command"] for step in sitting["steps"]] == [each.run for each in small.steps]
    assert sitting["versions"].keys() >= {"nas", "torch", "python"}
    assert sitting["machine"]


def test_what_was_begun_is_gone_on_with(small, tmp_path):
    said, out = [], tmp_path / "out"
    for _ in range(2):
        rerun.run(small, out, quick=False, say=said.append)
    assert said[-1] == "goes-on"
    assert len(sittings(out)) == 2


def test_quick_runs_other_commands_and_leaves_out(small, tmp_path):
    said = []
    rerun.run(small, tmp_path / "out", quick=True, say=said.append)
    assert said[1:] == ["little the data"]


def test_a_step_that_fails_says_which(small, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "broken").touch()
    with pytest.raises(NasError, match=r"study small, step 1 .* exit code 1; repair .* goes on"):
        rerun.run(small, out, quick=False, say=print)


def test_what_a_study_needs_is_asked_for_first(small, tmp_path, monkeypatch):
    monkeypatch.delenv("NAS_TEST_NEEDS")
    with pytest.raises(NasError, match="small needs the environment variable NAS_TEST_NEEDS"):
        rerun.run(small, tmp_path / "out", quick=False, say=print)
    assert not (tmp_path / "out").exists()


def test_no_quick_is_said(small, tmp_path):
    (small.folder / "commands.toml").write_text('about = "x"\n[[step]]\nrun = "python x.py"\n')
    whole = studies.RepositoryStudy.load(small.folder)
    with pytest.raises(NasError, match="--quick: study small has no quick form"):
        rerun.run(whole, tmp_path / "out", quick=True, say=print)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("about = 1", "about must be a str"),
        ('about = "x"', "step must be a list that isn't empty"),
        ('about = "x"\nstep = [1]', "step 1 needs a command"),
        ('about = "x"\n[[step]]\nrun = 1', "run must be text, but got 1"),
        ('about = "x"\n[[step]]\nrun = "a"\nquik = "b"', "quik is not known; did you mean 'quick'"),
        ('abuot = "x"\nabout = "x"\n[[step]]\nrun = "a"', "abuot is not known"),
        ('about = "x"\n[[step]]\nrun = "a"\nresume = "b"', "resume and begun go together"),
        ("about =", "can't be read"),
    ],
)
def test_a_file_that_is_wrong_is_named(small, text, rule):
    (small.folder / "commands.toml").write_text(text)
    with pytest.raises(NasError) as refused:
        studies.RepositoryStudy.load(small.folder)
    assert rule in str(refused.value)
    assert "small/commands.toml" in str(refused.value)


def test_an_installed_package_says_where_studies_are(tmp_path, monkeypatch):
    monkeypatch.setattr(studies, "__file__", str(tmp_path / "a" / "b" / "c.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NasError, match="in the project's repository, not in the installed package"):
        studies.find("zoo")


def test_an_unknown_study_is_told_its_likes():
    with pytest.raises(NasError, match="did you mean 'efficientnet_scaling'"):
        studies.find("efficientnet_scalin")
    with pytest.raises(NasError, match=r"there are efficientnet_scaling, .*zoo"):
        studies.find("qqq")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_study_s_commands_are_scripts_of_its_own_or_subcommands(folder):
    study = studies.RepositoryStudy.load(folder)
    for step in study.steps:
        for command in filter(None, (step.run, step.quick, step.resume)):
            program, script, *_ = shlex.split(command)
            assert program in rerun.PROGRAMS
            assert program == "nas" or (ROOT / script).parent == folder
            assert program != "python" or (ROOT / script).exists()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_study_s_page_shows_what_its_commands_run(folder):
    page = " ".join((folder / "README.md").read_text().split())
    for step in studies.RepositoryStudy.load(folder).steps:
        whole = step.run.startswith("nas ")
        assert (step.run.split(" --out ")[0] if whole else " ".join(step.run.split()[:2])) in page
    told = set(re.findall(r"python (studies/\S+\.py)", page))
    commands = {step.run.split()[1] for step in studies.RepositoryStudy.load(folder).steps}
    assert told - commands <= NOT_RUN


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_study_s_subcommands_are_understood(folder):
    for step in studies.RepositoryStudy.load(folder).steps:
        for command in filter(None, (step.run, step.quick, step.resume)):
            program, *words = shlex.split(command)
            if program == "nas":
                parser().parse_args(words)  # which exits where it doesn't
