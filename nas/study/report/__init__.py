"""`nas report`: a run as one page that needs no network, with each figure's picture and rows."""

from nas.study.report.report import Report, report

__all__ = ["Report", "report"]
