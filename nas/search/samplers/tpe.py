"""Tree-structured Parzen estimator, Optuna's default. Source: Bergstra et al. 2011,
arXiv:2304.11127."""

from __future__ import annotations

from optuna.samplers import BaseSampler, TPESampler

from nas.search.samplers._optuna import OptunaSampler


class Sampler(OptunaSampler):
    """Optuna's `TPESampler` on the space's decisions."""

    def inner(self, seed: int) -> BaseSampler:
        """Parzen estimators of good and bad options, decision by decision."""
        return TPESampler(seed=seed, n_startup_trials=0)
