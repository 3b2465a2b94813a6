"""A million mutated texts: the parser gives a genotype or a GenotypeError, at once, in little
memory.

Run: python tests/fuzz/mutate.py [COUNT] [SEED]; the figures are printed at the end, and the exit
code is 1 after a failure. A part of it runs in the default tests (test_parser.py).
"""

from __future__ import annotations

import random
import resource
import sys
import time
from pathlib import Path

import nas
from nas.blocks import registry
from nas.errors import GenotypeError

WORDS = [
    *registry(), "image", "choice", "each", "tie", "tap", "aux", "default", "name=", "kernel=",
    ">>", "|", "+", "*", "@", "(", ")", ",", "=", "\n", "\r\n", "\t", "#", '"', "'", '"relu"',
    "True", "0", "1", "-1", "3", "10**9", "1000000000", "1e309", "0x" + "f" * 40, "(3, 5)", "x = ",
    "lambda: 0", "__import__('os')", "[1]", "{}", "*a", "**b", "é", "\\", ";", ":=", ".", "\0",
    "\ud800", "f'{x}'", "not", "-", "~", "if", "\f", "\u2028", "'''", "b''", "1j", "...", "((((((",
    "b = b | b\n", "act=", "None",
]  # fmt: skip
SEEDS = [
    "image(3, 224, 224) >> conv(32, 3, stride=2) >> mbconv(24, expand=6.0) * 2 >> classifier(10)",
    'image(3, 8, 8) >> (conv(64) | conv(96) >> conv(128, 3) | maxpool >> conv(32)) @ "3a" >> norm',
    'p = tap("prev")\nn = p | sep(8) + (p >> act)\nimage(3, 8, 8) >> conv(8) @ "prev" >> n * 2',
    'image(3, 8, 8) >> each(choice(conv(8), act, name="k"), choice(1, 2)) >> tie(norm, "cell")',
    'image(3, 8, 8) >> default(act="silu", eps=0.01)\n  # comment\n>> conv(8, (1, 3))>> aux(fc(3))',
    "b = conv(3)\nb = b | b\nb = b | b\nb = b >> b\nb",
]


def mutant(rng: random.Random, sources: list[str]) -> str:
    """One of the sources with one to six pieces changed."""
    text = rng.choice(sources)
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        at, to = sorted(rng.randint(0, len(text)) for _ in range(2))
        to = min(to, at + rng.choice((0, 1, 5, 40)))
        kind = rng.randint(0, 6)
        if kind <= 2:
            text = text[:at] + rng.choice(WORDS) + text[to:]
        elif kind == 3:
            text = text[:at] + text[to:]
        elif kind == 4:
            text = text[:at] + text[at:to] * rng.choice((2, 2, 3, 200)) + text[to:]
        elif kind == 5:
            text = (
                text[:at]
                + chr(rng.choice((0, 9, 11, 40, 41, 58, 124, 160, 0x3000, 0x1F600)))
                + text[at:]
            )
        else:
            other = rng.choice(sources)
            text = text[:at] + other[rng.randint(0, len(other)) :]
    return text


def fuzz(count: int, seed: int, sources: list[str]) -> tuple[int, float, str]:
    """How many of the mutants are genotypes, the longest CPU time in seconds, and its text.

    Anything but a GenotypeError is raised.
    """
    rng = random.Random(seed)
    valid, longest, slow = 0, 0.0, ""
    for _ in range(count):
        text = mutant(rng, sources)
        start = time.process_time()
        try:
            genotype = nas.parse(text)
            valid += 1
        except GenotypeError as refusal:
            if not str(refusal).startswith("<text>"):
                raise AssertionError(f"no place for {text!r}") from refusal
            genotype = None
        except BaseException:
            print(repr(text), file=sys.stderr)
            raise
        taken = time.process_time() - start
        if taken > longest:
            longest, slow = taken, text
        if genotype is not None and valid % 50 == 0:
            assert nas.parse(str(genotype)) == genotype, text
    return valid, longest, slow


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    spaces = [path.read_text() for path in Path("search_spaces").glob("*.nas")]
    start = time.process_time()
    valid, longest, slow = fuzz(count, seed, SEEDS + spaces)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} texts, {valid} genotypes, {time.process_time() - start:.0f} s")
    print(f"longest {longest:.3f} s ({len(slow)} characters: {slow[:200]!r}), peak {peak:.0f} MB")
    sys.exit(longest > 1 or peak > 200)


if __name__ == "__main__":
    main()
