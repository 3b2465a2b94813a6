"""Scores of a network on a part of a data set: one line, a table of classes, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nas.report.table import Column, show

if TYPE_CHECKING:
    from nas.train import Score
    from nas.train.views import Answers

MATRIX = 20  # classes: more don't fit side by side
WORST = 3  # answers named where there are more classes


def told(score: Score) -> str:
    """One line of text."""
    return (
        f"accuracy {score.top1:.4f}, top-5 {score.top5:.4f}, loss {score.loss:.4f} "
        f"({score.images} images)"
    )


def described(answers: Answers, classes: Sequence[str], *, confusion: bool) -> dict[str, Any]:
    """What JSON holds; `confusion` has a row for each class and a column for each answer."""
    score = answers.score()
    scored = {**asdict(score), "per_class": dict(zip(classes, score.per_class, strict=True))}
    return {**scored, "confusion": answers.confusion().tolist()} if confusion else scored


def show_classes(answers: Answers, classes: Sequence[str]) -> None:
    """Print each class's images, the share that is right, and what they are taken for."""
    score, counts = answers.score(), answers.confusion().tolist()
    matrix = len(classes) <= MATRIX
    columns = [Column("", number=True), Column("class"), Column("images", number=True)]
    columns += [Column("accuracy", number=True)]
    if matrix:
        columns += [Column(f"as {number}", number=True) for number in range(len(classes))]
    else:
        columns += [Column("taken for", wraps=True)]
    rows = [
        (
            *(str(number), classes[number], str(sum(row)), f"{score.per_class[number]:.4f}"),
            *([str(count or "") for count in row] if matrix else [_taken(number, row, classes)]),
        )
        for number, row in enumerate(counts)
    ]
    show(columns, rows)


def _taken(number: int, row: Sequence[int], classes: Sequence[str]) -> str:
    """The most frequent wrong answers to images of a class."""
    wrong = sorted((-count, at) for at, count in enumerate(row) if count and at != number)
    return ", ".join(f"{classes[at]} ({-count})" for count, at in wrong[:WORST])
