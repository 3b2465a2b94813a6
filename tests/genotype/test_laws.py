"""Laws that every genotype obeys."""

import copy
import os
import pickle
import subprocess
import sys

import pytest
from genotypes import expressions, networks
from hypothesis import example, given

import nas
from nas.errors import GenotypeError
from nas.genotype import canonical_hash
from nas.scaling import scale


@given(expressions(choices=True))
def test_its_text_reads_as_itself(genotype):
    text = str(genotype)
    assert nas.parse(text) == genotype
    assert str(nas.parse(text)) == text
    assert hash(nas.parse(text)) == hash(genotype)


@given(expressions(choices=False))
def test_without_choices_too(genotype):
    assert not genotype.open
    assert nas.parse(str(genotype)) == genotype


@given(expressions(choices=True))
def test_copies_and_pickles_are_equal(genotype):
    assert copy.deepcopy(genotype) == genotype
    assert copy.copy(genotype) == genotype
    assert pickle.loads(pickle.dumps(genotype)) == genotype


@given(expressions(choices=True))
def test_line_breaks_before_operators_and_comments_change_nothing(genotype):
    text = str(genotype)
    if "\n" not in text:
        spread = text.replace(" >> ", "  # a comment\n\t>>  ").replace(" | ", "\r\n\r\n# b\n  | ")
        assert nas.parse(spread + "\n# end") == genotype


@given(expressions(choices=True))
def test_scaling_by_one_changes_nothing(genotype):
    assert scale(genotype, 1, 1, 1) is genotype


@given(expressions(choices=True))
@example(nas.parse("nf_bottleneck(choice(1), width=1e-06)"))
def test_scaled_expressions_are_in_the_language(genotype):
    scaled = scale(genotype, width=1.7, depth=1.4, resolution=0.5)
    assert nas.parse(str(scaled)) == scaled


@given(networks())
def test_the_hash_survives_the_text(text):
    try:
        genotype = nas.parse(text)
        before = canonical_hash(genotype)
    except GenotypeError:
        return
    assert canonical_hash(nas.parse(str(genotype))) == before


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_hash_is_the_same_in_another_process(seed):
    texts = [
        "image(3, 8, 8) >> conv(8, 3) >> (conv(8) + identity) * 2 >> classifier(10)",
        "image(3, 8, 8) >> conv(4, 3) | mbconv(4)",
        "image(3, 8, 8) >> (conv(4) | conv(4) | conv(4, 3)) >> (act + norm) >> aux(classifier(2))",
    ]
    texts[1] = "image(3, 8, 8) >> (conv(4, 3) | mbconv(4))"
    code = (
        "import nas, sys; from nas.genotype import canonical_hash\n"
        "for text in sys.argv[1:]: print(canonical_hash(nas.parse(text)))"
    )
    env = os.environ | {"PYTHONHASHSEED": seed}
    out = subprocess.run(
        [sys.executable, "-c", code, *texts], env=env, capture_output=True, text=True, check=True
    )
    assert out.stdout.split() == [canonical_hash(nas.parse(text)) for text in texts]


@given(networks(depth=1, length=3))
def test_costs_grow_with_what_is_added(text):
    try:
        before = nas.cost(nas.parse(text))
        after = nas.cost(nas.parse(text + " >> (identity + norm >> act)"))
    except GenotypeError:
        return
    assert after.params >= before.params
    assert after.macs >= before.macs
    assert after.training_memory() >= before.training_memory()
    assert after.inference_memory() >= before.inference_memory()
