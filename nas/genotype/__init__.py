"""The genotype language: expressions, their text, and the graph they record."""

from nas.genotype.expression import Choice, Genotype
from nas.genotype.hashing import canonical_hash
from nas.genotype.text import load, parse

__all__ = ["Choice", "Genotype", "canonical_hash", "load", "parse"]
