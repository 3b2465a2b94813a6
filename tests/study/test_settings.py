"""study.toml: what is saved is loaded, and each mistake in it is one sentence."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from nas.errors import RunError
from nas.study.settings import Budget, Goal, Study, Training

# What a TOML file may hold: no lone surrogates, line ends as "\n".
TEXTS = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=60)
COUNTS = some.none() | some.integers(1, 10**15)


@settings(max_examples=200, deadline=None)
@given(
    some.builds(
        Study,
        goal=some.builds(
            Goal,
            space=TEXTS,
            data=TEXTS,
            width=some.floats(0.01, 64),
            objectives=some.lists(TEXTS, max_size=3).map(tuple),
            target_macs=COUNTS,
            max_macs=COUNTS,
            max_params=COUNTS,
        ),
        training=some.builds(Training, recipe=TEXTS, epochs=COUNTS),
        budget=some.builds(Budget, seconds=some.none() | some.floats(0.1, 1e7), trials=COUNTS),
    )
)
def test_what_is_saved_is_loaded(study: Study) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.toml"
        study.save(path)
        assert Study.load(path) == study


SPACE = Goal(space='image(1, 8, 8)\n>> conv(choice(4, 8), act="silu")')


def test_the_text_reads_well(tmp_path: Path) -> None:
    study = Study(replace(SPACE, max_macs=400_000_000), budget=Budget(seconds=120.0))
    study.save(tmp_path / "study.toml")
    text = (tmp_path / "study.toml").read_text()
    assert 'space = """\nimage(1, 8, 8)\n>> conv(choice(4, 8), act="silu")"""\n' in text
    assert "max_macs = 400000000\n" in text
    assert "[budget]\nseconds = 120.0\n" in text
    assert "max_params" not in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("goal = 3", r"\[goal\] is missing"),
        ("[goal]", "space is missing; it holds the text"),
        ("[gaol]\nspace = 'a'", r"\[gaol\] is not known; did you mean 'goal'\?"),
        ("[goal]\nspace = 'a'\nsede = 1", r"\[goal\] sede is not known; did you mean 'seed'\?"),
        ("[goal]\nspace = 'a'\nseed = 1.5", r"\[goal\] seed = 1.5: must be int"),
        ("[goal]\nspace = 'a'\nseed = true", r"\[goal\] seed = True: must be int"),
        ("[goal]\nspace = 'a'\nobjectives = [1]", r"must be list of str"),
        (
            "[goal]\nspace = 'a'\n[training]\nepochs = 'x'",
            r"\[training\] epochs = 'x': must be int",
        ),
        ("[goal", r"is no study \(TOML\): "),
    ],
)
def test_mistakes(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(RunError, match=says) as error:
        Study.load(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_whole_number_is_a_duration(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text("[goal]\nspace = 'a'\n[budget]\nseconds = 90")
    assert Study.load(path).budget == Budget(seconds=90.0)
