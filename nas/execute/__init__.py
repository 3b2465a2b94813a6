"""Executors: they place jobs and return outcomes, and know neither the study nor Optuna."""

from nas.execute._base import Evaluator, Executor
from nas.execute.in_process import InProcess
from nas.execute.local import Local

__all__ = ["Evaluator", "Executor", "InProcess", "Local"]
