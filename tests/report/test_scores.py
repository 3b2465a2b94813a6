"""Tables of classes: a matrix where it fits, else what a class is taken for most often."""

import torch
from torch.nn.functional import one_hot

from nas.report.scores import described, show_classes, told
from nas.train.views import Answers


def answers(said, labels, classes):
    return Answers(one_hot(torch.tensor(said), classes).double(), torch.tensor(labels))


def rows(capsys):
    return [line.split() for line in capsys.readouterr().out.splitlines() if line.split()]


def test_few_classes_are_a_matrix(capsys):
    given = answers([0, 2, 2, 2, 1], [0, 0, 2, 2, 1], 3)
    show_classes(given, ["cat", "dog", "cow"])
    assert [row for row in rows(capsys) if row[0].isdigit()] == [
        ["0", "cat", "2", "0.5000", "1", "1"],
        ["1", "dog", "1", "1.0000", "1"],
        ["2", "cow", "2", "1.0000", "2"],
    ]
    assert told(given.score()).startswith("accuracy 0.8000, top-5 1.0000, loss ")
    assert told(given.score()).endswith(" (5 images)")
    found = described(given, ["cat", "dog", "cow"], confusion=True)
    assert found["per_class"] == {"cat": 0.5, "dog": 1.0, "cow": 1.0}
    assert found["confusion"] == [[1, 0, 1], [0, 1, 0], [0, 0, 2]]
    assert "confusion" not in described(given, ["cat", "dog", "cow"], confusion=False)


def test_many_classes_name_the_most_frequent_mistakes(capsys):
    names = [f"n{number}" for number in range(30)]
    said = [*range(30), 7, 7, 9, 8, 8, 8, 5]
    labels = [*range(30), 0, 0, 0, 0, 0, 0, 0]
    show_classes(answers(said, labels, 30), names)
    table = rows(capsys)
    first = next(row for row in table if row[0] == "0")
    assert first == ["0", "n0", "8", "0.1250", "n8", "(3),", "n7", "(2),", "n5", "(1)"]
    assert next(row for row in table if row[0] == "7") == ["7", "n7", "1", "1.0000"]
