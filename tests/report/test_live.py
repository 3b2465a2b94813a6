"""The display: what a terminal and a pipe get to see."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from nas.report.live import Lines, Screen, display, draw
from nas.report.progress import Entry, Progress

BEST = Entry(7, 0.9712, 1_234_567, 45_678)
NOW = Progress(
    done=8,
    running=(9,),
    counts={"complete": 8, "duplicate": 2, "crashed": 0},
    best=BEST,
    front=tuple(Entry(i, 0.97 - i / 100, 1e6 - i * 1e5, 1e4) for i in range(9)),
    elapsed=40.0,
    seconds=120.0,
    trials=None,
)


def shown(progress: Progress) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(draw(progress, "trial 8: accuracy 0.9000, 3.1 s"))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_terminal_shows_counts_time_best_and_front() -> None:
    text = shown(NOW)
    assert text.splitlines()[0].rstrip() == "8 done, 1 running, 2 duplicate; 40s, 1m20s left"
    assert set(text.splitlines()[1].strip()) <= set("━╸╺ ")
    assert "best  trial 7: accuracy 0.9712, 1.23M MACs, 45.7k parameters" in text
    assert "last  trial 8" in text
    assert [line.split()[1] for line in text.splitlines() if "0.0k" in line] == list("023568")


def test_before_the_first_trial_there_is_no_front() -> None:
    text = shown(replace(NOW, done=0, best=None, front=(), counts={}))
    assert "0 done, 1 running; 40s" in text
    assert "front" not in text


def test_time_left_follows_the_pace_of_a_budget_of_trials() -> None:
    assert replace(NOW, seconds=None, trials=24).left == 80
    assert replace(NOW, seconds=60, trials=24).left == 20
    assert replace(NOW, seconds=None).left is None
    assert replace(NOW, elapsed=130).left == 0
    assert replace(NOW, seconds=60, trials=24).share == 40 / 60


def test_a_pipe_gets_one_line_a_trial() -> None:
    console = Console(file=io.StringIO(), width=20)
    with Lines(lambda: NOW, console) as lines:
        lines.told("trial 1: accuracy 0.5000, 3.0 s [bold]", better=True)
        lines.told("trial 2: crashed: RuntimeError", better=False)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [
        "trial 1: accuracy 0.5000, 3.0 s [bold] (best so far)",
        "trial 2: crashed: RuntimeError",
        "8 done, 1 running, 2 duplicate; 40s, 1m20s left",
    ]


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ({}, False),
        ({"TERM": "dumb"}, True),
        ({"CI": "true"}, True),
        ({"CI": "1"}, True),
        ({"CI": "false"}, False),
        ({"NO_COLOR": "1"}, False),  # no colours, but it may redraw itself
    ],
)
def test_what_cannot_redraw_or_is_a_log_gets_plain_lines(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], plain: bool
) -> None:
    for name in ("TERM", "CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    terminal = Console(file=io.StringIO(), force_terminal=True, width=100)
    assert isinstance(display(lambda: NOW, terminal), Lines if plain else Screen)


def test_the_display_fits_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(display(lambda: NOW, Console(file=io.StringIO())), Lines)
    terminal = Console(file=io.StringIO(), force_terminal=True, width=100)
    screen = display(lambda: NOW, terminal)
    assert isinstance(screen, Screen)
    with screen:
        screen.told("trial 8: accuracy 0.9800", better=True)
    assert isinstance(terminal.file, io.StringIO)
    assert "trial 8: accuracy 0.9800 (best so far)" in terminal.file.getvalue()


def test_a_narrower_terminal_is_cleared_of_the_lines_it_broke(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    console = Console(file=io.StringIO(), force_terminal=True, width=100, no_color=True)
    screen = Screen(lambda: NOW, console)
    with screen:
        screen.told("trial 8: accuracy 0.9000, 3.1 s", better=False)
        console.width = 40
        console.file = after = io.StringIO()
        screen.told("trial 8: accuracy 0.9000, 3.1 s", better=False)
        up = after.getvalue().count("\x1b[1A")
    lines = shown(NOW).splitlines()
    rows = sum(-(-len(line) // 40) for line in lines)
    assert rows == len(lines) + 3  # the headline, the bar and the best are longer
    assert up == rows - 1
