"""`nas`: one genotype language for image classifiers; everything else is read off it.

import nas
g = nas.parse("image(3, 32, 32) >> conv(16, 3) >> mbconv(24, stride=2) * 2 >> classifier(10)")
nas.cost(g).macs
model = nas.compile(g)
"""

from nas.api import compile, cost, genotype, load, load_weights, optimize, parse
from nas.genotype import Genotype

__all__ = [
    "Genotype",
    "compile",
    "cost",
    "genotype",
    "load",
    "load_weights",
    "optimize",
    "parse",
]
