"""NSGA-III, for three and more objectives. Source: Deb and Jain 2014,
doi:10.1109/TEVC.2013.2281535."""

from __future__ import annotations

import warnings

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, NSGAIIISampler

from nas.search.samplers._optuna import OptunaSampler


class Sampler(OptunaSampler):
    """Optuna's `NSGAIIISampler` on the space's decisions."""

    def inner(self, seed: int) -> BaseSampler:
        """Generations of 20, which suit searches of a few hundred trials."""
        with warnings.catch_warnings():  # Optuna calls it experimental
            warnings.simplefilter("ignore", ExperimentalWarning)
            return NSGAIIISampler(seed=seed, population_size=20)
