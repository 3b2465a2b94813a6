"""Spaces: keys, size, sampling, mutation, over any expression with choices."""

import itertools
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from genotypes import expressions
from hypothesis import assume, given

import nas
from nas.data import load as load_data
from nas.errors import GenotypeError, SpaceError
from nas.space import Space, fit, fit_to, known, load

I = "image(3, 8, 8) >> "  # noqa: E741
EACH = "each(conv(choice(8, 16)), choice(1, 2, 3))"
CELL = 'tie(conv(choice(8, 16), choice(1, 3)), "cell")'
NAMED = 'conv(choice(8, 16, name="w"))'
SPACES = {
    "fields": ("conv(choice(8, 16), choice(1, 3, 5)) >> act", 6),
    "a named choice": ('conv(choice(8, 16, name="w")) >> conv(choice(8, 16, name="w"), 3)', 2),
    "repeats": ("conv(choice(8, 16)) * choice(1, 2, 3)", 6),
    "each": ("each(conv(choice(8, 16)), 3)", 8),
    "each, a choice of times": (EACH, 2 + 4 + 8),
    "expressions": ("choice(conv(choice(8, 16)), act, sep(kernel=choice(3, 5, 7)))", 2 + 1 + 3),
    "tie": (f"{CELL} >> act >> {CELL}", 4),
    "tied repeats": ('each(tie(conv(choice(8, 16)), "cell"), 4)', 2),
    "a named choice in one option only": (f"choice({NAMED}, act) >> {NAMED}", 2 + 2),
    "nested repeats": ("(conv(8) * choice(1, 2)) * choice(1, 2, 3)", 6),
    "branches": ("(conv(choice(8, 16)) | conv(choice(8, 16)) | act)", 4),
    "sums": ("choice(zero, identity) + choice(zero, identity, norm)", 6),
    "heads": ("conv(8) >> aux(fc(choice(3, 4))) >> conv(8) >> aux(fc(choice(3, 4)))", 4),
    "one option": ("conv(choice(8)) >> conv(choice(1, 2))", 2),
    "none and a tuple": ("conv(8, padding=choice(None, 0, (1, 2)))", 3),
    "nested options": ("choice(choice(act, norm), conv(choice(8, 16)) * choice(1, 2))", 2 + 4),
    "a cell's expression": (
        "conv(4) >> conv(4) >> cell(4, choice(conv(choice(4, 8)), sep(kernel=choice(3, 5, 7))))",
        2 + 3,
    ),
}  # fmt: skip


def space(text):
    return Space(nas.parse(I + text))


def every_point(space):
    """Every point, walked depth first: ask for the first undecided key until none is left.

    One is met again where a key was asked that a later one made needless.
    """
    found, todo = {}, [{}]
    options = {decision.key: decision.options for decision in space.decisions}
    while todo:
        point = todo.pop()
        full = space.complete(point)
        missing = [key for key in full if key not in point]
        if not missing:
            found[json.dumps(full)] = full
        else:
            todo += [point | {missing[0]: option} for option in options[missing[0]]]
    return list(found.values())


@pytest.mark.parametrize("name", SPACES)
def test_size_is_what_enumeration_finds(name):
    text, size = SPACES[name]
    found = every_point(space(text))
    assert len(found) == size
    assert space(text).size == size


@pytest.mark.parametrize("name", SPACES)
def test_points_resolve_to_as_many_candidates(name):
    text, size = SPACES[name]
    searched = space(text)
    candidates = {searched.resolve(point) for point in every_point(searched)}
    assert len(candidates) == size
    for candidate in candidates:
        assert not candidate.open
        assert nas.parse(str(candidate)) == candidate


@given(expressions(choices=True))
def test_random_spaces(genotype):
    assume(genotype.open)
    try:
        searched = Space(genotype)
    except SpaceError as refusal:
        if "called" not in str(refusal) and "have the key" not in str(refusal):
            raise
        return
    rng = np.random.default_rng(0)
    point = searched.sample(rng)
    candidate = searched.resolve(json.loads(json.dumps(point)))
    assert not candidate.open
    assert searched.active(point) == point
    if searched.size <= 100:
        assert len(every_point(searched)) == searched.size
    if any(len(d.options) > 1 and d.key in point for d in searched.decisions):
        changed = searched.mutate(point, rng)
        assert changed != point
        assert searched.active(changed) == changed


def test_keys_are_places():
    searched = space(
        'conv(choice(8, 16)) * choice(1, 2) @ "s1" >> conv(choice(8, 16))'
        ">> conv(kernel=choice(1, 3)) >> each(mbconv(choice(8, 16)), 2)"
        '>> (conv(choice(8, 16)) | act) >> conv(choice(3, 4, name="k"))'
        '>> tie(conv(choice(8, 16)), "cell") >> choice(act, conv(choice(8, 16)))'
    )
    assert {decision.key for decision in searched.decisions} == {
        "s1.out", "s1.repeats", "conv.out", "conv2.kernel", "mbconv.0.out", "mbconv.1.out",
        "branches.0.out", "k", "cell.out", "choice", "choice.conv.out",
    }  # fmt: skip


def test_keys_survive_choices_added_elsewhere():
    before = space('conv(choice(8, 16)) @ "a" >> (conv(8) | conv(choice(1, 2))) @ "b"')
    after = space(
        'conv(choice(8, 16), choice(1, 3)) @ "a" >> act >> conv(choice(4, 8)) * choice(1, 2)'
        '>> (conv(choice(8, 9)) | conv(choice(1, 2))) @ "b" >> choice(act, norm)'
    )
    assert {d.key for d in before.decisions} < {d.key for d in after.decisions}
    point = before.sample(np.random.default_rng(0))
    assert point.items() <= after.complete(point).items()


def test_every_decision_is_drawn_uniformly():
    searched = space(f"{EACH} >> choice(act, conv(choice(1, 2, 3)))")
    rng = np.random.default_rng(0)
    drawn = [searched.sample(rng) for _ in range(3_000)]
    for decision in searched.decisions:
        count = Counter(point[decision.key] for point in drawn if decision.key in point)
        total, options = sum(count.values()), len(decision.options)
        # chi-square with options - 1 degrees of freedom: 16 is beyond 1 in 2,000 for two
        expected = total / options
        assert sum((count[o] - expected) ** 2 / expected for o in decision.options) < 16


def test_one_seed_draws_the_same_points():
    searched = space(EACH)
    draws = [[searched.sample(np.random.default_rng(seed)) for _ in range(3)] for seed in (1, 1)]
    assert draws[0] == draws[1]


@pytest.mark.parametrize("name", SPACES)
def test_neighbours_and_mutants_change_one_decision(name):
    searched = space(SPACES[name][0])
    rng = np.random.default_rng(0)
    for point in every_point(searched)[:20]:
        neighbours = list(searched.neighbours(point))
        options = {decision.key: decision.options for decision in searched.decisions}
        assert len(neighbours) == sum(len(options[key]) - 1 for key in point)
        for other in [*neighbours, *(searched.mutate(point, rng) for _ in range(3))]:
            assert searched.active(other) == other
            changed = [key for key in point if key in other and other[key] != point[key]]
            # a decision that the changed one newly asks for isn't one of the point
            assert len(changed) == 1


def test_complete_draws_what_is_missing_and_drops_the_rest():
    searched = space("choice(conv(choice(8, 16)), act)")
    assert searched.complete({"choice": "act", "choice.conv.out": 16}) == {"choice": "act"}
    assert searched.complete({}) == {"choice": "conv", "choice.conv.out": 8}
    drawn = {json.dumps(searched.complete({}, np.random.default_rng(s))) for s in range(30)}
    assert len(drawn) == 3


TWO = Space(nas.parse(I + "conv(choice(8, 16))"))
ERRORS = {
    "no choices": (lambda: Space(nas.parse(I + "conv(8)")), "has no choices"),
    "a missing decision": (lambda: TWO.resolve({}), "lacks the decision 'conv.out'"),
    "an unknown option": (
        lambda: TWO.resolve({"conv.out": 9}),
        "has no option 9; its options are 8, 16",
    ),
    "an unknown decision": (
        lambda: TWO.resolve({"conv.out": 8, "conv.uot": 8}),
        "no decision 'conv.uot'; did you mean 'conv.out'",
    ),
    "two choices of one name": (
        lambda: space(f"{NAMED} >> {NAMED.replace('16', '17')}"),
        "two choices are called 'w' but differ",
    ),
    "two parts of one name": (
        lambda: space('conv(choice(8, 16)) @ "a" >> conv(choice(8, 16)) @ "a"'),
        "two choices have the key 'a.out'; give the parts that hold them different names",
    ),
    "two ties of one name": (
        lambda: space(f"{CELL} >> {CELL.replace('conv', 'norm >> conv')}"),
        "two ties are called 'cell'",
    ),
    "nothing to mutate": (
        lambda: space("conv(choice(8))").mutate({"conv.out": 8}, np.random.default_rng(0)),
        "can't be mutated",
    ),
    "an unknown space": (
        lambda: load("mbcnv"),
        "no search space is called 'mbcnv' and no file; did you mean 'mbconv'",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_and_how_to_mend_it(name):
    act, text = ERRORS[name]
    with pytest.raises(SpaceError) as refused:
        act()
    assert text in str(refused.value)


@pytest.mark.parametrize("name", known())
def test_library_spaces_compile_and_cost(name):
    searched = Space(load(name))
    assert searched.size > 1_000
    rng = np.random.default_rng(0)
    built = 0
    for _ in range(30):
        candidate = searched.resolve(searched.sample(rng))
        cost = nas.cost(candidate)
        built += 1
        if built <= 2:
            network = nas.compile(candidate, device="meta")
            assert sum(p.numel() for p in network.parameters()) == cost.training_params
            fitted = nas.cost(fit(candidate, (1, 128, 128), 7))
            assert fitted.graph.input.shape == (1, 128, 128)
            assert fitted.graph.spec.shape == (7,)
    assert built >= 2
    first = known()[name].read_text().lower()
    assert "arxiv" in first.split("image(")[0], "its source in its first lines"


def test_fit_fixes_image_and_classes_only():
    before = nas.parse(I + "conv(choice(8, 16)) >> aux(classifier(10)) >> classifier(1000, 0.5)")
    assert fit(before, (1, 28, 28), 5) == nas.parse(
        "image(1, 28, 28) >> conv(choice(8, 16)) >> aux(classifier(5)) >> classifier(5, 0.5)"
    )
    with pytest.raises(GenotypeError, match="image's height"):
        fit(before, (1, 0, 28), 5)


def test_fit_sets_the_last_channels_where_there_is_no_classifier():
    for name in ("nin", "squeezenet1_0", "spos"):
        fitted = fit(nas.genotype(name), (3, 224, 224), 7)
        assert nas.cost(fitted).graph.spec.shape == (7,)


def test_scaling_a_space_scales_each_option():
    from nas.scaling import scale

    before = nas.parse(I + "conv(choice(16, 32)) * choice(1, 2) >> classifier(10)")
    wider = nas.parse("image(3, 16, 16) >> conv(choice(32, 64)) * choice(2, 4) >> classifier(10)")
    assert scale(before, width=2, depth=2, resolution=2.0) == wider
    narrow = scale(nas.parse(I + "conv(choice(8, 9))"), width=0.5)
    assert narrow == nas.parse(I + "conv(8)")


def test_a_large_space_is_counted_exactly():
    text = "each(conv(choice(8, 16), choice(1, 3, 5)), 30) >> " + EACH.replace("1, 2, 3", "1, 20")
    assert space(text).size == 6**30 * (2 + 2**20)
    assert list(itertools.islice(space(text).neighbours(space(text).complete({})), 3))


def test_uniform_draws_each_point_alike():
    searched = space(f"{EACH} >> choice(act, conv(choice(1, 2, 3)))")
    assert searched.size == (2 + 4 + 8) * (1 + 3)
    rng = np.random.default_rng(0)
    draws = 5_600
    count = Counter(json.dumps(searched.uniform(rng)) for _ in range(draws))
    assert len(count) == searched.size
    expected = draws / searched.size
    # chi-square with 55 degrees of freedom: 93 is 1 in 1,000. Decisions drawn uniformly would draw
    # the two points of one copy seven times as often as each of the eight of three
    assert sum((n - expected) ** 2 / expected for n in count.values()) < 93


def test_what_is_kept_of_earlier_points_changes_none():
    text = f"{EACH} @ 's' >> {CELL} >> act >> {CELL} >> choice(act, conv(choice(1, 2, 3)) * 2)"
    searched, rng = space(text), np.random.default_rng(0)
    for _ in range(40):
        point = searched.sample(rng)
        assert searched.resolve(point) == space(text).resolve(point)


def test_a_point_is_what_is_written_in_its_places():
    searched = space(f"{EACH} @ 's' >> {CELL} >> choice(act, conv(choice(1, 2, 3)) * 2)")
    rng = np.random.default_rng(0)
    for _ in range(30):
        point = searched.sample(rng)
        copies = [f"conv({point[f's.{i}.out']})" for i in range(point["s.repeats"])]
        cell = f'tie(conv({point["cell.out"]}, {point["cell.kernel"]}), "cell")'
        last = "act" if point["choice"] == "act" else f"conv({point['choice.conv.out']}) * 2"
        text = f"each({', '.join(copies)}) @ 's' >> {cell} >> {last}"
        assert searched.resolve(point) == nas.parse(I + text)


def test_photographs_come_in_the_size_that_a_network_is_written_for():
    network = nas.parse("image(3, 64, 48) >> conv(8, 3) >> classifier(1000)")
    digits = load_data("digits")
    assert nas.cost(fit_to(network, digits)).graph.input.shape == digits.shape
    photographs = replace(digits.resized(224, 224), any_size=True)
    fitted = nas.cost(fit_to(network, photographs)).graph
    assert fitted.input.shape == (1, 64, 48)
    assert fitted.spec.shape == (10,)
