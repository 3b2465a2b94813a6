"""NSGA-II, for several objectives. Source: Deb et al. 2002, doi:10.1109/4235.996017."""

from __future__ import annotations

from optuna.samplers import BaseSampler, NSGAIISampler

from nas.search.samplers._optuna import OptunaSampler


class Sampler(OptunaSampler):
    """Optuna's `NSGAIISampler` on the space's decisions."""

    def inner(self, seed: int) -> BaseSampler:
        """Generations of 20, which suit searches of a few hundred trials."""
        return NSGAIISampler(seed=seed, population_size=20)
