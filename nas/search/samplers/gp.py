"""Optuna's Gaussian process on the decisions alone; `predictor` sees the network's structure
too."""

from __future__ import annotations

from optuna.samplers import BaseSampler, GPSampler

from nas.search.samplers._optuna import OptunaSampler


class Sampler(OptunaSampler):
    """Optuna's `GPSampler` on the space's decisions."""

    def inner(self, seed: int) -> BaseSampler:
        """Deterministic in what it has seen."""
        return GPSampler(seed=seed, n_startup_trials=0)
