"""The genotype language: expressions, their text, and the graph they record."""

from nas.genotype.expression import Choice, Genotype
from nas.genotype.files import load
from nas.genotype.hashing import canonical_hash
from nas.genotype.text import parse

__all__ = ["Choice", "Genotype", "canonical_hash", "load", "parse"]
