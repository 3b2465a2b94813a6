"""Whatever is written, the parser gives a genotype or a GenotypeError that says where."""

import resource
import runpy
from contextlib import suppress
from pathlib import Path

import pytest
from genotypes import expressions
from hypothesis import given
from hypothesis import strategies as st

import nas
from nas.errors import GenotypeError

MUTATE = runpy.run_path(str(Path(__file__).parents[1] / "fuzz" / "mutate.py"))


@given(st.text(max_size=200))
def test_any_text(text):
    with suppress(GenotypeError):
        nas.parse(text)


@given(st.lists(st.sampled_from(MUTATE["WORDS"]), max_size=30).map(" ".join))
def test_words_of_the_language_in_any_order(text):
    with suppress(GenotypeError):
        nas.parse(text)


@given(expressions(choices=True), st.data())
def test_a_valid_text_with_a_piece_replaced(genotype, data):
    text = str(genotype)
    at = data.draw(st.integers(0, len(text)))
    to = data.draw(st.integers(at, len(text)))
    with suppress(GenotypeError):
        nas.parse(text[:at] + data.draw(st.sampled_from(MUTATE["WORDS"])) + text[to:])


def test_mutated_texts():
    """The million runs as a script; see tests/fuzz/mutate.py."""
    valid, longest, text = MUTATE["fuzz"](3_000, 5, MUTATE["SEEDS"])
    assert valid > 100
    assert longest < 1, text


@pytest.mark.slow
def test_a_million_mutated_texts():
    _, longest, text = MUTATE["fuzz"](1_000_000, 1, MUTATE["SEEDS"])
    assert longest < 1, text


HOSTILE = {
    "newlines": "\n" * 1_000_000,
    "comments": "#\n" * 500_000,
    "blanks and comments in parentheses": "conv(3," + "\n#\n" * 300_000 + ")",
    "names": "b = conv(3)\n" + "b = b | b\n" * 10_000 + "b",
    "doubling branches": "a = conv(3)\n" + "a = a | a\n" * 40 + "a",
    "doubling by two names": "a = conv(3)\n" + "b = a | a\na = b | b\n" * 20 + "a",
    "doubling sums": "a = conv(3)\n" + "a = (a >> act) + (a >> norm)\n" * 40 + "a",
    "doubling choices": "a = conv(3)\n" + "a = choice(a >> act, a >> norm)\n" * 40 + "a",
    "doubling each": "a = conv(3)\n" + "a = each(a, a, act)\n" * 40 + "a",
    "doubling cells": "a = conv(3)\n" + "a = cell(8, a) >> cell(9, a)\n" * 40 + "a",
    "repeats of repeats": "conv(3)" + " * 10000" * 3,
    "a large repeat": "conv(3) * 1000000000",
    "a larger repeat": "conv(3) * 10**9",
    "a dense block's layers": "dense(1000) * 1000",
    "nested parentheses": "(" * 100_000 + "conv" + ")" * 100_000,
    "nested calls": "aux(" * 150 + "conv" + ")" * 150,
    "nested signs": "conv(" + "-" * 10_000 + "1)",
    "nested brackets": "conv(" + "[" * 150 + "]" * 150 + ")",
    "long sum": "a+" * 500_000 + "a",
    "long chain": "act>>" * 200_000 + "act",
    "long branches": "act|" * 200_000 + "act",
    "long names": "image(3, 8, 8) >> act @ " + '"' + "a" * 900_000 + '"',
    "long arguments": "conv(" + "1," * 500_000 + ")",
    "long list": "[" + "1," * 500_000 + "]",
    "options": "conv(choice(" + ", ".join(map(str, range(1, 100_000))) + "))",
    "channels": "conv(10000000000)",
    "a hexadecimal giant": "conv(3) * 0x" + "f" * 100_000,
    "a decimal giant": "conv(" + "9" * 100_000 + ")",
    "an exponent": "conv(1e999999)",
    "an image": "image(3, 100000000, 100000000) >> conv(3)",
    "too long": " " * (1 << 21),
    "strings": "conv(act=" + '"a" ' * 200_000 + ")",
    "assignments": "a = act\n" * 130_000 + "a",
    "unknown long word": "q" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_in_little_memory(name):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(GenotypeError) as refused:
        nas.parse(HOSTILE[name])
    assert len(str(refused.value)) < 400
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) / 1024 < 200  # MB
