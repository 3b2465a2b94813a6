"""The references as a history of the field: tables, figures and a page."""

from nas.report.zoo.history import History, history
from nas.report.zoo.records import Record, record

__all__ = ["History", "Record", "history", "record"]
