"""Figures: from plain data, one description each, to a page, an SVG, a PNG and a CSV.

A figure is one more file here with a function that takes rows (frozen dataclasses) and returns a
`Figure`: a Vega-Lite specification and the rows that it draws. `files` writes one out, `nas.report.
page` shows several on a page that needs no network.
"""

from nas.report.figures.figure import Figure, Table
from nas.report.figures.files import csv, png, save, svg

__all__ = ["Figure", "Table", "csv", "png", "save", "svg"]
