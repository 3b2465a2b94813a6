"""Names in a repeat: a copy finds those of the copy before, the rest of the network the last's."""

import pytest

import nas
from nas.errors import GenotypeError
from nas.genotype import canonical_hash
from nas.scaling import scale

STREAMS = """image(3, 16, 16) >> conv(4, 3) @ "high" >> conv(8, 3, stride=2) @ "low"
>> (tap("high") >> conv(4, 3) @ "h" >> tap("low") >> conv(8, 3) @ "l"
    >> (tap("h") + (tap("l") >> conv(4) >> upsample)) @ "high"
    >> (tap("l") + (tap("h") >> conv(8, 3, stride=2))) @ "low") * {times} @ "fused"
>> tap("fused.high") >> conv(8, 3, stride=2) + tap("fused.low") >> classifier(5)"""
WRITTEN_OUT = """image(3, 16, 16) >> conv(4, 3) @ "a0" >> conv(8, 3, stride=2) @ "b0"
>> tap("a0") >> conv(4, 3) @ "h1" >> tap("b0") >> conv(8, 3) @ "l1"
>> (tap("h1") + (tap("l1") >> conv(4) >> upsample)) @ "a1"
>> (tap("l1") + (tap("h1") >> conv(8, 3, stride=2))) @ "b1"
>> tap("a1") >> conv(4, 3) @ "h2" >> tap("b1") >> conv(8, 3) @ "l2"
>> (tap("h2") + (tap("l2") >> conv(4) >> upsample)) @ "a2"
>> (tap("l2") + (tap("h2") >> conv(8, 3, stride=2))) @ "b2"
>> tap("a2") >> conv(8, 3, stride=2) + tap("b2") >> classifier(5)"""


def digest(text: str) -> str:
    return canonical_hash(nas.parse(text))


def test_two_streams_repeated_are_the_network_written_out() -> None:
    assert digest(STREAMS.format(times=2)) == digest(WRITTEN_OUT)
    assert digest(STREAMS.format(times=3)) != digest(WRITTEN_OUT)


def test_streams_grow_with_depth() -> None:
    """Two convolutions on, and two between, in each copy: 4*4*9 + 8*8*9 + 8*4 + 4*8*9, norms."""
    one, two = (nas.cost(nas.parse(STREAMS.format(times=times))).params for times in (1, 2))
    assert two - one == (4 * 4 + 8 * 8 + 4 * 8) * 9 + 8 * 4 + 2 * (4 + 8 + 4 + 8)
    deeper = scale(nas.parse(STREAMS.format(times=1)), depth=2)
    assert canonical_hash(deeper) == digest(WRITTEN_OUT)


def test_the_first_copy_finds_what_stands_before_the_repeat() -> None:
    start = 'image(3, 8, 8) >> conv(4) @ "x"'
    looped = f'{start} >> (act >> (conv(4, 3) + tap("x")) @ "x") * 2'
    by_hand = '>> act >> (conv(4, 3) + tap("x")) @ "y" >> act >> conv(4, 3) + tap("{}")'
    assert digest(looped) == digest(start + by_hand.format("y"))
    assert digest(looped) != digest(start + by_hand.format("x"))


def test_a_copy_s_own_name_is_nearer() -> None:
    own = 'image(3, 8, 8) >> (conv(4, 3) @ "x" >> act >> conv(4) + tap("x")) * 2'
    assert digest(own) == digest(own.replace('@ "x"', '@ "y"').replace('"x"', '"y"'))
    by_hand = """image(3, 8, 8) >> conv(4, 3) @ "x" >> act >> conv(4) + tap("x")
        >> conv(4, 3) @ "y" >> act >> conv(4) + tap("y")"""
    assert digest(own) == digest(by_hand)


def test_names_don_t_leave_the_repeat_without_its_name() -> None:
    repeat = 'image(3, 8, 8) >> (conv(4) @ "x" >> act) * 2 @ "s"'
    assert digest(f'{repeat} >> tap("s.x")') == digest(f'{repeat} >> tap("s.1.x")')
    assert digest(f'{repeat} >> tap("s.x")') != digest(f'{repeat} >> tap("s.0.x")')
    with pytest.raises(GenotypeError, match=r"tap\('x'\) finds no output of that name before it"):
        nas.cost(nas.parse(f'{repeat} >> tap("x")'))


def test_the_first_copy_has_none_before_it() -> None:
    with pytest.raises(GenotypeError, match=r"tap\('x'\) finds no output of that name before it"):
        nas.cost(nas.parse('image(3, 8, 8) >> (tap("x") >> conv(4) @ "x") * 2'))
