"""Evaluation by weights cut out of one supernet, which is trained before the search."""

from __future__ import annotations

from nas.data import load
from nas.evaluate.cheap import Given
from nas.evaluate.supernet import SupernetEvaluator

FIGURES = ("accuracy", "loss")


def evaluator(given: Given) -> SupernetEvaluator:
    """The evaluator by a supernet of the search's space, kept in its folder. Raises `DataError`
    where the data set's files are missing."""
    load(given.data).require()
    return SupernetEvaluator(
        given.space,
        given.folder,
        given.data,
        given.recipe,
        seed=given.seed,
        near=given.near,
        max_macs=given.max_macs,
        max_params=given.max_params,
        device=given.device,
    )
