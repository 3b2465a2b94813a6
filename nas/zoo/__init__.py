"""Reference genotypes, one file a family: a builder and a table of variants with source and
published figures."""

from nas.zoo._base import Reference, genotype, reference, references

__all__ = ["Reference", "genotype", "reference", "references"]
