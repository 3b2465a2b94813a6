"""The canonical hash: equal exactly for isomorphic networks."""

import csv
import gzip
import itertools
import os
import random
from pathlib import Path

import pytest

import nas
from nas.genotype import canonical_hash, hashing
from nas.genotype.hashing import canonical
from nas.genotype.normal import normalize
from nas.graph import Graph, Node
from nas.ops import Activate, Add, Concat, Conv, Input, Spec

TAKEN = "image(4, 8, 8) >> conv(4, 3) @ 'x' >> "


def of(text):
    return canonical_hash(nas.parse(f"{TAKEN}({text})"))


SAME = {
    "identities": ("identity >> conv(4) >> identity", "conv(4)"),
    "an identity in a term": ("(conv(4) >> identity) + identity", "identity + conv(4)"),
    "no dropout": ("dropout(0) >> conv(4)", "conv(4)"),
    "a pool of one pixel": ("maxpool(1) >> conv(4)", "conv(4)"),
    "zero terms": ("conv(4) + zero", "conv(4)"),
    "dead branches": ("conv(4) + (zero >> conv(4, 3) >> act)", "conv(4)"),
    "zeros through squeeze and gate": ("conv(4) + (zero >> maxpool(3) >> norm)", "conv(4)"),
    "zero results": ("zero >> conv(8, 3)", "conv(8) >> zero"),
    "outputs that nothing reads": ('conv(7) @ "y" >> tap("x") >> conv(4)', "conv(4)"),
    "equal stateless steps": (
        "(act >> conv(4)) + (act >> conv(4, 3))", "act >> conv(4) + conv(4, 3)",
    ),
    "equal pools": ("(maxpool(3) >> conv(4) | maxpool(3))", "maxpool(3) >> (conv(4) | identity)"),
    "sums of sums": (
        "conv(4) + ((conv(4, 3) + identity) >> identity)", "identity + conv(4, 3) + conv(4)",
    ),
    "order of a sum": ("conv(4) + conv(4, 3) + identity", "identity + conv(4, 3) + conv(4)"),
    "order in nested sums": (
        "((conv(4) + conv(4, 3)) >> act) + (conv(4, 5) >> norm)",
        "(conv(4, 5) >> norm) + ((conv(4, 3) + conv(4)) >> act)",
    ),
    "names": ('(conv(4) >> conv(4)) @ "stage"', "conv(4) >> conv(4)"),
    "repeats": ("conv(4) * 3", "conv(4) >> conv(4) >> conv(4)"),
    "repeats keep their stride once": (
        "mbconv(4, stride=2) * 2", "mbconv(4, stride=2) >> mbconv(4)",
    ),
    "each": ("each(conv(4), conv(4, 3))", "conv(4) >> conv(4, 3)"),
    "tie": ('tie(conv(4), "c")', "conv(4)"),
    "settings": ('default(act="silu") >> conv(4)', 'conv(4, act="silu")'),
    "settings that say the default": ("default(eps=0.00001) >> conv(4)", "conv(4)"),
    "numbers": ("mbconv(4, expand=6)", "mbconv(4, expand=6.0)"),
    "taps": ('tap("x") >> conv(4)', "conv(4)"),
    "two taps": ('tap("x", "x")', "identity | identity"),
    "parallel blocks": ("(conv(4) >> act) + conv(4)", "conv(4) + (conv(4) >> act)"),
    "nested concatenation by name": ('((act | norm) @ "n" | conv(4))', "act | norm | conv(4)"),
}  # fmt: skip
DIFFERENT = {
    "order of steps": (
        'act("tanh") >> act("sigmoid") >> act("silu")',
        'act("sigmoid") >> act("tanh") >> act("silu")',
    ),
    "order of a concatenation": ("conv(4) | conv(4, 3)", "conv(4, 3) | conv(4)"),
    "a value used twice and two copies": (
        'conv(4) >> (act("tanh") + act)',
        '(conv(4) >> act("tanh")) + (conv(4) >> act)',
    ),
    "doubling": ("identity + identity", "identity"),
    "tripling": ("identity + identity + identity", "identity + identity"),
    "two dropouts": ("dropout(0.5) + dropout(0.5)", "dropout(0.5) >> (identity + identity)"),
    "auxiliary heads": ("conv(4) >> aux(classifier(3)) >> act", "conv(4) >> act"),
    "their weights": (
        "conv(4) >> aux(classifier(3), 0.3) >> act",
        "conv(4) >> aux(classifier(3), 0.4) >> act",
    ),
    "their place": (
        "conv(4) >> aux(classifier(3)) >> conv(4) >> act",
        "conv(4) >> conv(4) >> aux(classifier(3)) >> act",
    ),
    "how many": (
        "aux(classifier(3)) >> act",
        "aux(classifier(3)) >> aux(classifier(3)) >> act",
    ),
    "a field": ("conv(4, 3)", "conv(4, 3, bias=True)"),
    "a setting": ("default(eps=0.001) >> conv(4)", "conv(4)"),
    "crossed branches": (
        '(act("tanh") >> conv(4)) + (act("silu") >> conv(4, 3))',
        '(act("silu") >> conv(4)) + (act("tanh") >> conv(4, 3))',
    ),
    "who reads the shared one": (
        'conv(4) @ "a" >> conv(4) @ "b" >> (tap("a") >> norm) + (tap("b") >> act)',
        'conv(4) @ "a" >> conv(4) @ "b" >> (tap("b") >> norm) + (tap("a") >> act)',
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_isomorphic_networks_share_a_hash(name):
    one, other = SAME[name]
    assert of(one) == of(other)


@pytest.mark.parametrize("name", DIFFERENT)
def test_other_networks_do_not(name):
    one, other = DIFFERENT[name]
    assert of(one) != of(other)


def test_it_is_64_hexadecimal_digits():
    digits = of("conv(4)")
    assert len(digits) == 64
    assert int(digits, 16) >= 0


def random_graph(rng, size):
    """A small graph of look-alike nodes."""
    spec = Spec(4, (4, 4))
    nodes = [Node(Input(spec), (), spec, ("input",))]
    for index in range(1, size):
        kind = rng.choice(("conv", "conv", "act", "add", "add"))
        reads = tuple(rng.randrange(index) for _ in range(2 if kind == "add" else 1))
        item = {"conv": Conv(4), "act": Activate("relu"), "add": Add()}[kind]
        nodes.append(Node(item, reads, spec, (f"n{index}",)))
    # all that nothing reads is one sum, so that nothing dies
    read = {i for node in nodes for i in node.inputs}
    ends = tuple(i for i in range(size) if i not in read)
    nodes.append(Node(Add(), ends, spec, ("end",)) if len(ends) > 1 else nodes.pop())
    return Graph("Network", tuple(nodes), len(nodes) - 1)


def shuffled(rng, graph):
    """The same graph, its nodes in another valid order and its sums' terms too."""
    left, order = set(range(len(graph.nodes))), []
    while left:
        ready = [i for i in left if not set(graph.nodes[i].inputs) & left]
        order.append(rng.choice(ready))
        left.remove(order[-1])
    at = {old: new for new, old in enumerate(order)}
    nodes = []
    for old in order:
        reads = [at[i] for i in graph.nodes[old].inputs]
        if graph.nodes[old].item.commutes:
            rng.shuffle(reads)
        nodes.append(graph.nodes[old].reading(tuple(reads)))
    return Graph(graph.label, tuple(nodes), at[graph.output])


def isomorphic(a, b):
    """By trying every bijection of nodes that keeps operations."""
    if sorted(repr(n.item) for n in a.nodes) != sorted(repr(n.item) for n in b.nodes):
        return False
    kinds = sorted({repr(n.item) for n in a.nodes})
    places = [[i for i, n in enumerate(a.nodes) if repr(n.item) == kind] for kind in kinds]
    images = [[i for i, n in enumerate(b.nodes) if repr(n.item) == kind] for kind in kinds]
    for perms in itertools.product(*(itertools.permutations(image) for image in images)):
        to = {
            i: j
            for place, perm in zip(places, perms, strict=True)
            for i, j in zip(place, perm, strict=True)
        }
        if to[a.output] == b.output and all(
            sorted(to[i] for i in node.inputs) == sorted(b.nodes[to[index]].inputs)
            for index, node in enumerate(a.nodes)
        ):
            return True
    return False


def reduced(graph):
    """Sums whose only reader is a sum are part of it, and equal steps without state are one: what
    the hash leaves out, done the slow way."""
    before = None
    while before is None or len(before.nodes) != len(graph.nodes):
        before, graph = graph, normalize(graph)
        readers = [
            sum(n.inputs.count(i) for n in graph.nodes) + (i == graph.output)
            for i in range(len(graph.nodes))
        ]
        nodes = list(graph.nodes)
        for index, node in enumerate(nodes):
            if isinstance(node.item, Add):
                terms = []
                for i in node.inputs:
                    inner = isinstance(nodes[i].item, Add) and readers[i] == 1
                    terms.extend(nodes[i].inputs if inner else (i,))
                nodes[index] = node.reading(tuple(terms))
        graph = normalize(Graph(graph.label, tuple(nodes), graph.output))
    return graph


def test_against_trying_every_bijection():
    rng = random.Random(0)
    for size in (4, 5, 6):
        graphs = [random_graph(rng, size) for _ in range(60)]
        forms = [canonical(graph) for graph in graphs]
        slow = [reduced(graph) for graph in graphs]
        for graph, form in zip(graphs, forms, strict=True):
            assert canonical(shuffled(rng, graph)) == form
        for (a, form_a), (b, form_b) in itertools.combinations(zip(slow, forms, strict=True), 2):
            assert isomorphic(a, b) == (form_a == form_b)


def test_larger_graphs_in_any_order():
    rng = random.Random(1)
    for size in (10, 20, 40):
        for _ in range(20):
            graph = random_graph(rng, size)
            assert canonical(shuffled(rng, graph)) == canonical(graph)


def counting(text, monkeypatch):
    """How often a node is coloured."""
    calls = 0
    mixed = hashing._mixed

    def counted(*parts):
        nonlocal calls
        calls += 1
        return mixed(*parts)

    with monkeypatch.context() as patch:
        patch.setattr(hashing, "_mixed", counted)
        of(text)
    return calls


def test_equal_branches_and_long_chains_are_cheap(monkeypatch):
    one = counting(" + ".join(["(conv(4) >> conv(4))"] * 2), monkeypatch)
    sixteen = counting(" + ".join(["(conv(4) >> conv(4))"] * 16), monkeypatch)
    assert sixteen < 20 * one  # 16! orders aren't tried
    nested = counting(
        " + ".join(["(act >> (conv(4) >> act) + (conv(4) >> act) >> norm)"] * 16), monkeypatch
    )
    assert nested < 10_000
    short, long = (counting(f"conv(4, 3) * {n}", monkeypatch) for n in (100, 1_000))
    assert long < 12 * short


def test_sixteen_branches_in_any_order():
    rng = random.Random(2)
    branches = [f"(conv(4) >> conv(4, {1 + 2 * (i % 3)}) >> act)" for i in range(16)]
    hashes = set()
    for _ in range(3):
        rng.shuffle(branches)
        hashes.add(of(" + ".join(branches)))
    assert len(hashes) == 1


OPERATIONS = (
    "zero",
    "identity",
    'act >> conv(act="none")',
    'act >> conv(kernel=3, act="none")',
    "avgpool(3, count_pad=False)",
)
EDGES = ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))  # (to, from), as the digits of `ops`


def cell_text(digits):
    """The cell written out: node 3 of four."""
    ops = dict(zip(EDGES, (OPERATIONS[d] for d in digits), strict=True))
    return (
        f'image(4, 4, 4) >> identity @ "a" >> ({ops[1, 0]}) @ "b" '
        f'>> ((tap("a") >> {ops[2, 0]}) + (tap("b") >> {ops[2, 1]})) @ "c" '
        f'>> (tap("a") >> {ops[3, 0]}) + (tap("b") >> {ops[3, 1]}) + (tap("c") >> {ops[3, 2]})'
    )


def test_nas_bench_201_has_5260_networks():
    """Issue 2 and DESIGN section 8; identities, zeros and equal averages taken out."""
    hashes = {
        canonical_hash(nas.parse(cell_text(digits)))
        for digits in itertools.product(range(5), repeat=6)
    }
    assert len(hashes) == 5_260


def papers_form(digits):
    """The paper's rule, as its code has it (CellStructure.to_unique_str): expressions with sorted
    terms, skips and zeros taken out, nothing merged."""
    spelled = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    names = {edge: spelled[digit] for edge, digit in zip(EDGES, digits, strict=True)}
    nodes = {0: "0"}
    for to in (1, 2, 3):
        terms = []
        for start in range(to):
            op = names[to, start]
            if op == "none" or nodes[start] == "#":
                terms.append("#")
            elif op == "skip_connect":
                terms.append(nodes[start])
            else:
                terms.append(f"({nodes[start]})@{op}")
        nodes[to] = "+".join(sorted(terms))
    return nodes[3]


def table():
    folder = Path(os.environ.get("NAS_BENCH_DATA", Path(__file__).parents[3] / "shared" / "data"))
    return folder / "nas_bench_201.csv.gz"


@pytest.mark.skipif(not table().exists(), reason="NAS_BENCH_DATA holds no nas_bench_201.csv.gz")
def test_the_papers_rule_gives_6466_classes():
    with gzip.open(table(), "rt") as lines:
        rows = [(row["ops"], row["iso_class"]) for row in csv.DictReader(lines)]
    ours = [papers_form(tuple(map(int, ops))) for ops, _ in rows]
    pairs = {(form, theirs) for form, (_, theirs) in zip(ours, rows, strict=True)}
    assert len(rows) == 15_625
    assert len(pairs) == len(set(ours)) == len({theirs for _, theirs in rows}) == 6_466


def test_what_reads_parts_in_another_order_is_another_network():
    assert Concat().commutes is False
    assert Add().commutes is True
