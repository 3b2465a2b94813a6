import io

from rich.console import Console

from nas.report.epochs import Lines, Pace, Screen, display
from nas.train import Epoch


def console(terminal):
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, highlight=False)


def shown(terminal):
    """What stands on the console after a training of two epochs of three steps."""
    where = console(terminal)
    with display(2, where) as display_:
        for number in (1, 2):
            for step in range(3 * number - 2, 3 * number + 1):
                display_.step(step, 6, 2.0 / step)
            display_.epoch(Epoch(number, (1.0, 0.5, 0.0), 300, 0.1), 0.25 * number)
    return where.file.getvalue()


def test_a_pipe_gets_one_line_an_epoch():
    assert isinstance(display(2, console(False)), Lines)
    first, last = shown(False).splitlines()
    assert first.startswith("epoch 1/2: loss 0.5000, accuracy 0.2500, 3000 images/s, 0:00:0")
    assert last == "epoch 2/2: loss 0.5000, accuracy 0.5000, 3000 images/s"


def test_a_terminal_gets_a_bar_below_the_lines():
    assert isinstance(display(2, console(True)), Screen)
    text = shown(True)
    assert "epoch 1/2: loss 0.5000, accuracy 0.2500, 3000 images/s" in text
    assert "loss 0.3333, 0:00:00 left" in text


def test_time_left_counts_from_where_this_process_began(monkeypatch):
    now = iter([100.0, 102.0, 104.0])
    monkeypatch.setattr("nas.report.epochs.time.monotonic", lambda: next(now))
    pace = Pace()
    for step in (51, 52, 53):  # 50 were done before a kill
        pace.at(step, 113)
    assert pace.left == "0:02:00"
