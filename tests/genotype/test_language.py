"""Each construct of the language: in Python, in text, printed; what is refused, and where."""

import copy
import pickle

import pytest

import nas
from nas import dsl
from nas.dsl import (
    act,
    aux,
    choice,
    classifier,
    conv,
    default,
    each,
    image,
    maxpool,
    mbconv,
    norm,
    tap,
    tie,
)
from nas.errors import GenotypeError
from nas.genotype import load
from nas.genotype.places import places
from nas.ops import Activate, BatchNorm, DropPath

# (in Python, as text, as printed)
CONSTRUCTS = {
    "a >> b": (conv(8) >> act, "conv(8)>>act", "conv(8) >> act"),
    "a | b": (conv(8) | act, "conv( 8 ) | act()", "conv(8) | act"),
    "a + b": (conv(8) + act, "conv(out=8) + act", "conv(8) + act"),
    "a * n": (conv(8) * 3, "conv(8) * 3", "conv(8) * 3"),
    "a * 1": (conv(8) * 1, "conv(8) * 1", "conv(8) * 1"),
    "each(a, n)": (each(conv(8), 3), "each(conv(8), 3)", "each(conv(8), 3)"),
    "each(a, b)": (each(conv(8), act), "each(conv(8), act)", "each(conv(8), act)"),
    "a @ name": (conv(8) @ "3a", "conv(8) @ '3a'", 'conv(8) @ "3a"'),
    "tap": (tap("x", "y.z"), "tap('x', 'y.z')", 'tap("x", "y.z")'),
    "aux": (aux(classifier(10)), "aux(classifier(10))", "aux(classifier(10), weight=0.3)"),
    "choice of values": (conv(choice(8, 16)), "conv(choice(8, 16.0))", "conv(choice(8, 16))"),
    "choice of blocks": (
        choice(conv(8), act, name="k"),
        "choice(conv(8), act, name='k')",
        'choice(conv(8), act, name="k")',
    ),
    "choice of counts": (conv * choice(1, 2), "conv * choice(1, 2)", "conv * choice(1, 2)"),
    "default": (
        default(padding="same", act="silu", eps=1e-3) >> conv(8),
        "default(act='silu', eps=0.001, padding='same') >> conv(8)",
        'default(act="silu", eps=0.001, padding="same") >> conv(8)',
    ),
    "tie": (tie(conv(8), "cell"), "tie(conv(8), 'cell')", 'tie(conv(8), "cell")'),
    "names of lines": (
        (conv(8) | act) >> (conv(8) | act),
        "a = conv(8) | act\na >> a",
        "(conv(8) | act) >> (conv(8) | act)",
    ),
    "image": (image(3, 32) >> conv(8), "image(3, 32) >> conv(8)", "image(3, 32, 32) >> conv(8)"),
    "* before +": (conv + act * 2, "conv + act * 2", "conv + act * 2"),
    "+ before >>": (conv >> act + norm, "conv >> act + norm", "conv >> act + norm"),
    ">> before |": (conv | act >> norm, "conv | (act >> norm)", "conv | act >> norm"),
    "parentheses": ((conv | act) >> norm, "(conv | act) >> norm", "(conv | act) >> norm"),
    "@ binds as *": (conv + act @ "n", "conv + act @ 'n'", 'conv + act @ "n"'),
    "a name, then a count": (conv @ "n" * 2, "conv @ 'n' * 2", 'conv @ "n" * 2'),
    "pairs": (conv(8, (1, 3)), "conv(8, (1, 3), stride=(1, 1))", "conv(8, (1, 3))"),
    "equal pairs": (conv(8, 3), "conv(8, (3, 3))", "conv(8, 3)"),
    "numbers": (mbconv(8, expand=6), "mbconv(8.0, expand=6.0)", "mbconv(8)"),
    "nested default": (
        act >> (default(act="silu") >> conv) >> conv,
        "act >> (default(act='silu') >> conv) >> conv",
        'act >> (default(act="silu") >> conv) >> conv',
    ),
}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_python_text_and_print_mean_one_thing(name):
    built, text, printed = CONSTRUCTS[name]
    assert nas.parse(text) == built
    assert hash(nas.parse(text)) == hash(built)
    assert str(built) == printed
    assert nas.parse(printed) == built


def test_the_same_graph_from_python_and_text():
    built = image(3, 8, 8) >> conv(8, 3) >> (conv(4) | maxpool) * 2 >> classifier(5)
    text = "image(3,8,8)>>conv(8,3)>>(conv(4)|maxpool)*2>>classifier(5)"
    assert nas.cost(built) == nas.cost(text)
    assert list(nas.compile(built, device="meta").state_dict()) == list(
        nas.compile(text, device="meta").state_dict()
    )


@pytest.mark.parametrize(
    "text",
    [
        "image(3, 8, 8)\n>> conv(8)  # a comment\n\n# another\n  >> act\n",
        "image(3, 8, 8)\r\n>> conv(8)\r\n>> act\r\n",
        "\t\n# first\nimage(3, 8, 8)\n\t>>\tconv(8)\n\t>> act",
        "stem = conv(8)  # named\n\nimage(3, 8, 8)\n>> stem\n>> act",
        "image(3, 8, 8) >> conv(\n    8,  # channels\n\n    1,\n) >> act",
        "stem = (\n  image(3, 8, 8)\n  >> conv(8)\n)\nstem >> act",
        "image(3, 8, 8) >> conv(8)\n>> act #",
        "g = image(3, 8, 8) >> conv(8) >> act",
    ],
)
def test_lines_comments_and_spaces(text):
    assert nas.parse(text) == image(3, 8, 8) >> conv(8) >> act


def test_a_large_text_names_what_stands_twice():
    branch = conv(64, 3, padding="same") | mbconv(48, expand=4, se=0.5) | conv(32, (1, 7))
    genotype = image(3, 32, 32) >> (branch >> act) >> (norm >> branch) * 2 >> classifier(10)
    lines = str(genotype).splitlines()
    assert lines[0].startswith("part1 = ")
    assert nas.parse(str(genotype)) == genotype


REFUSED = {
    "an unknown block": (
        "image(3, 8, 8) >> cnov(3)",
        19,
        "no block is called 'cnov'; did you mean 'conv'",
    ),
    "an unknown name": ("conv >> cnov", 9, "no expression or block is called 'cnov'"),
    "an unknown field": (
        "conv(3, kernle=3)",
        9,
        "conv has no field 'kernle'; did you mean 'kernel'",
    ),
    "a value of another type": (
        'conv("x")',
        6,
        "conv's field 'out' must be a whole number of channels from 1 to 1048576, but got 'x'",
    ),
    "a truth value": ("conv(True)", 6, "but got True"),
    "a fraction": ("conv(1.5)", 6, "but got 1.5"),
    "zero channels": ("conv(0)", 6, "but got 0"),
    "negative channels": ("conv(-3)", 6, "but got -3"),
    "too many channels": ("conv(10000000)", 6, "from 1 to 1048576, but got 10000000"),
    "an unknown activation": (
        'conv(3, act="rleu")',
        9,
        "must be an activation, but got 'rleu'; did you mean 'relu'",
    ),
    "an expression for a number": (
        "conv(act)",
        6,
        "conv's field 'out' must be a whole number of channels from 1 to 1048576, "
        "but got an expression",
    ),
    "a field twice": ("conv(3, out=4)", 9, "conv got its field 'out' twice"),
    "a keyword twice": ("conv(kernel=3, kernel=5)", 16, "got its field 'kernel' twice"),
    "too many fields": ("act(1, 2)", 1, "act takes at most 1 fields, but got 2"),
    "a missing field": ("mbconv", 1, "mbconv needs its field 'out' (a whole number of channels"),
    "zero times": ("conv * 0", 1, "repeats a whole number of times, at least 1, but got 0"),
    "half a time": ("conv * 1.5", 1, "but got 1.5"),
    "True times": ("conv * True", 1, "but got True"),
    "an expression of times": ("conv * act", 1, "repeats a whole number of times"),
    "too many times": (
        "conv * 10001",
        1,
        "a repeat must be at most 10000, but got 10001; repeat less",
    ),
    "too many blocks": (
        "(conv * 1000) * 1000",
        1,
        "the number of blocks must be at most 50000, but got 1000000",
    ),
    "a reserved name": (
        'conv @ "train"',
        1,
        "the name 'train' is taken by torch's modules; choose another, such as train1",
    ),
    "a private name": ('conv @ "_x"', 1, "taken by torch's modules"),
    "a number as a name": (
        'conv @ "12"',
        1,
        "a name must be letters, digits and _ with at least one letter, but got '12'",
    ),
    "a dotted name": ('conv @ "a.b"', 1, "a name must be"),
    "an unquoted name": ("conv @ stem", 8, "no expression or block is called 'stem'"),
    "and": ("conv and act", 1, "`and`/`or` don't join expressions"),
    "a comparison": ("conv > act", 1, "comparisons don't join expressions"),
    "another operator": (
        "conv - act",
        1,
        "'conv - act' has an operator that isn't one of >> | + * @",
    ),
    "a shift to the left": ("conv << act", 1, "has an operator that isn't one of"),
    "a lambda": (
        "conv >> (lambda: 0)",
        10,
        "expected a block such as conv(32, 3), but got 'lambda: 0'",
    ),
    "an attribute": ("conv >> nas.dsl.act", 9, "expected a block"),
    "a number": ("conv >> 3", 9, "expected a block"),
    "a list": ("conv([3])", 6, "expected a block"),
    "an unpacked argument": ("conv(*x)", 6, "`*` before an argument"),
    "unpacked keywords": ("conv(**x)", 6, "`**` is not part of the language"),
    "a setting": ('default(atc="relu")', 9, "default has no setting 'atc'; did you mean 'act'"),
    "a setting's value": ("default(eps=-1)", 9, "default's 'eps' must be a number above 0"),
    "a weight": (
        "aux(conv, weight=-1)",
        1,
        "aux's weight must be a number from 0 to 100, but got -1",
    ),
    "an empty choice": ("conv(choice())", 6, "choice needs at least one option"),
    "a mixed choice": (
        "choice(conv, 3)",
        1,
        "all expressions or all values, but got both: conv, 3",
    ),
    "one option twice": ("conv(choice(3, 3))", 6, "choice has one option twice: 3"),
    "one option twice after its type": ("mbconv(8, se=choice((1, 1), 1))", 11, "'se'"),
    "a choice of values in a chain": (
        "conv >> choice(3, 5)",
        1,
        "joins expressions, but got a choice of values, (3, 5)",
    ),
    "an option that isn't allowed": ("conv(choice(3, 'x'))", 6, "but got 'x'"),
    "an empty tap": ("tap()", 1, "tap needs at least one name"),
    "an image inside": ("conv >> image(3, 8, 8)", 1, "image(...) stands first in a chain"),
    "an image in branches": (
        "image(3, 8, 8) >> conv | act",
        1,
        "reads as (image(...) >> a) | b; write image(...) >> (a | b)",
    ),
    "an image repeated": (
        "(image(3, 8, 8) >> conv) * 2",
        1,
        "`*` holds image(...); move image(...) to the front",
    ),
    "an image's size": (
        "image(3, 0, 8)",
        1,
        "image's height must be a whole number from 1 to 16384, but got 0",
    ),
    "nothing after an operator": ("conv >> ", 8, "an expression is missing after '>>'"),
    "nothing before it": (">> conv", 1, "an expression is missing before the operator"),
    "an open parenthesis": ("conv(3", 7, "a parenthesis is never closed"),
    "a closed one": ("conv(3))", 8, "')' closes nothing"),
    "no text": ("# nothing", 1, "the text holds no expression"),
    "two expressions": ("conv\nact", 1, "only the last line may be without a name"),
    "a call of a name": ("a = conv\na(3)", 1, "'a' names an expression and takes no arguments"),
    "a word of the language as a name": (
        "choice = conv\nact",
        1,
        "'choice' is a word of the language",
    ),
    "a keyword as a name": ("if = conv\nact", 4, "`=` names a line's expression"),
    "two names": ("a = b = conv\na", 7, "`=` names a line's expression"),
    "syntax": ("conv(3 4)", 6, "invalid syntax. Perhaps you forgot a comma?"),
    "a long name": (f'conv @ "{"a" * 65}"', 1, "a name's length must be at most 64, but got 65"),
    "a null": ("conv(3)\0", 1, "null"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_where_why_and_what_else(name):
    text, column, rule = REFUSED[name]
    with pytest.raises(GenotypeError) as refused:
        nas.parse(text)
    message = str(refused.value)
    line = 2 if name == "a call of a name" else 1
    assert message.startswith(f"<text>, line {line}, column {column}: "), message
    assert rule in message


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("image(3, 8, 8)\n>> conv(8)\n>> conv(8,\n        kernle=3)", 4, 9),
        ("image(3, 8, 8)\n>> conv(8, act=\n  'rleu')", 2, 12),
        ("image(3, 8, 8)\n\n# comment\n  >> cnov(8)", 4, 6),
        ("a = conv(8)\nb = a >> (\n  act |\n  cnov)\nb", 4, 3),
        ("a = conv(8)\r\nb = a >> cnov\r\nb", 2, 10),
        ("image(3, 8, 8) >> conv(\n  8,  # comment (\n  # )\n  nokrel=3)", 4, 3),
        ("image(3, 8, 8) >> conv(8,\n  3,\n  act=='x' y)", 3, 3),
        ('conv(8, act="é", kernle=3)', 1, 18),
        ("conv(8, (3,\n  5), kernle=3)", 2, 7),
    ],
)
def test_places_over_several_lines(text, line, column):
    with pytest.raises(GenotypeError) as refused:
        nas.parse(text, "net.nas")
    assert str(refused.value).startswith(f"net.nas, line {line}, column {column}: ")


def test_files(tmp_path):
    path = tmp_path / "net.nas"
    path.write_text("# é\nimage(3, 8, 8)\n>> conv(8)\n", encoding="utf-8")
    assert load(path) == image(3, 8, 8) >> conv(8)
    path.write_text("image(3, 8, 8)\r\n>> conv(8)\r\n", encoding="utf-8-sig", newline="")
    assert load(path) == image(3, 8, 8) >> conv(8)
    path.write_text("image(3, 8, 8)\n>> cnov(8)\n")
    with pytest.raises(
        GenotypeError, match=r"net\.nas, line 2, column 4: no block is called 'cnov'"
    ):
        load(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(GenotypeError, match=r"net\.nas: is no UTF-8 text \(byte 0\)"):
        load(path)
    with pytest.raises(GenotypeError, match="can't be read"):
        load(tmp_path / "none.nas")


@pytest.mark.parametrize("inside", [".", "best"])
def test_a_folder_is_its_network(tmp_path, inside):
    (tmp_path / inside).mkdir(exist_ok=True)
    (tmp_path / inside / "genotype.nas").write_text("conv(8)")
    assert load(tmp_path) == nas.parse("conv(8)")


@pytest.mark.parametrize("text", ["", " \n"])
def test_nothing_is_no_folder(text):
    with pytest.raises(GenotypeError, match="the text holds no expression; write one such as"):
        nas.cost(text)


def test_a_folder_without_a_network_is_told(tmp_path):
    with pytest.raises(GenotypeError, match=r"holds no network .*; name a run's folder"):
        load(tmp_path)


def test_loading_runs_no_code(tmp_path):
    for text in (
        f"__import__('pathlib').Path('{tmp_path}/x').touch()",
        f"conv(open('{tmp_path}/x', 'w'))",
    ):
        with pytest.raises(GenotypeError):
            nas.parse(text)
    assert not list(tmp_path.iterdir())


def test_expressions_have_no_truth_value():
    for build in (
        lambda: conv(3) or act(),
        lambda: bool(conv),
        lambda: (conv(3) and act) >> act,
        lambda: not conv(3),
    ):
        with pytest.raises(GenotypeError, match="no truth value; write"):
            build()


def test_python_errors_are_the_same_sentences():
    with pytest.raises(GenotypeError, match="`>>` joins expressions, but got 3"):
        conv(3) >> 3
    with pytest.raises(GenotypeError, match="but got 0"):
        conv * 0
    with pytest.raises(GenotypeError, match="a number of 40000 bits"):
        conv * (1 << 39_999)
    with pytest.raises(GenotypeError, match="a name must be"):
        conv @ 3
    with pytest.raises(GenotypeError, match="must be a number, a word or an expression"):
        choice([1], 2)
    with pytest.raises(AttributeError, match="no block 'cnov'"):
        dsl.cnov  # noqa: B018
    with pytest.raises(GenotypeError, match="must be a str, but got int"):
        nas.parse(3)


def test_values_are_immutable_and_hashable():
    genotype = conv(8) >> act
    for name in ("items", "blocks", "other"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(genotype, name, ())
    assert len({conv(8), conv(8.0), nas.parse("conv(8)")}) == 1
    assert conv(8) != conv(9)
    assert conv(8) != act
    assert mbconv(8, expand=6) == mbconv(8, expand=6.0)
    assert copy.deepcopy(genotype) == genotype == pickle.loads(pickle.dumps(genotype))


def test_every_word_is_in_python():
    from nas.blocks import registry

    assert set(dsl.__all__) == {
        *registry(),
        "image",
        "choice",
        "each",
        "tie",
        "tap",
        "aux",
        "default",
    }
    for word in dsl.__all__:
        assert getattr(dsl, word) is not None
        assert word in dir(dsl)


def names(text):
    from nas.genotype.recording import graph

    return {name for name, _ in graph(nas.parse("image(4, 8, 8) >> " + text)).names}


def test_names_live_in_scopes():
    assert names('(conv(4) @ "a" >> act) * 2 @ "s"') == {"s.0.a", "s.1.a", "s"}
    assert names('tie(conv(4) @ "a" >> act, "cell") * 2') == {"cell.0.a", "cell.1.a"}
    inside = 'tie(act @ "a" >> conv(4) + tap("a"), "cell") * 3 @ "body"'
    assert names(inside) == {"body", "body.0.a", "body.1.a", "body.2.a"}
    nas.cost(nas.parse(f'image(4, 8, 8) >> {inside} >> tap("body.1.a", "body")'))
    # the inner name is nearer than the outer
    near = 'conv(4) @ "a" >> (conv(4, 3) @ "a" >> tap("a") >> act) * 1'
    flat = "conv(4) >> conv(4, 3) >> act"
    assert nas.cost(nas.parse(f"image(4, 8, 8) >> {near}")).macs == 64 * (16 + 144)
    assert nas.cost(nas.parse(f"image(4, 8, 8) >> {flat}")).macs == 64 * (16 + 144)
    with pytest.raises(GenotypeError, match="finds no output of that name before it; did you mean"):
        names('(conv(4) @ "aa") * 2 >> tap("stage.0.aaa")')
    with pytest.raises(GenotypeError, match="'a' is given twice"):
        names('conv(4) @ "a" >> act @ "a"')


def test_parts_of_a_chain_have_different_places():
    chain = nas.parse(
        'conv >> conv >> act @ "conv3" >> conv >> (conv | act) * 2 >> aux(fc(3)) >> conv'
    )
    assert places(chain.items) == ["conv", "conv2", "conv3", "conv4", "stage", "aux", "conv5"]


def test_settings_hold_to_the_end_of_their_chain():
    text = """image(3, 8, 8) >> (default(act="silu", norm="none") >> conv(4) >> (conv(4) | conv(4)))
    >> conv(4) >> conv(4, act="tanh")"""
    steps = [node.item for node in nas.cost(text).flat.nodes]
    kinds = [step.kind for step in steps if isinstance(step, Activate)]
    assert kinds == ["silu", "silu", "silu", "relu", "tanh"]
    assert sum(isinstance(step, BatchNorm) for step in steps) == 2


def test_drop_path_grows_with_depth_within_its_chain():
    """arXiv:1603.09382: linear, from 0 before the first block; timm's rate * index / count."""
    text = """image(3, 8, 8) >> conv(4) >> default(drop_path=0.3) >> mbconv(4) * 2
    >> (default(drop_path=0.8) >> mbconv(4) * 2) >> mbconv(4) >> aux(mbconv(4) >> classifier(3))"""
    rates = [
        node.item.rate for node in nas.cost(text).flat.nodes if isinstance(node.item, DropPath)
    ]
    # five blocks in the outer chain, two of them under the inner default: 0, 1/5, (0, 1/2), 2/5
    assert rates == pytest.approx([0.3 / 5, 0.8 / 2, 0.3 * 2 / 5])


def test_strides_in_repeats():
    def sizes(text):
        return nas.cost("image(4, 64, 64) >> " + text).graph.spec.shape[1]

    assert sizes("conv(4, 3, stride=2) * 3") == 32  # only the first copy
    assert sizes("each(conv(4, 3, stride=2), 3)") == 32
    assert sizes("each(conv(4, 3, stride=2), conv(5, 3, stride=2))") == 32
    assert sizes("maxpool(3, stride=2) * 3") == 8  # pools keep it
    assert sizes("(conv(4, 3, stride=2) >> act) * 3") == 8  # a composite stands as it is
    assert sizes("conv(4, 3, stride=2) >> conv(4, 3, stride=2)") == 16


def test_a_repeat_makes_choices_once_and_each_anew():
    import numpy as np

    from nas.space import Space

    rng = np.random.default_rng(0)
    once = Space(nas.parse("conv(choice(8, 16)) * 8"))
    anew = Space(nas.parse("each(conv(choice(8, 16)), 8)"))
    assert {str(once.resolve(once.sample(rng))) for _ in range(40)} == {
        "conv(8) * 8",
        "conv(16) * 8",
    }
    assert len({str(anew.resolve(anew.sample(rng))) for _ in range(40)}) > 20


SHAPES = {
    "inception": "conv(64) | conv(96) >> conv(128, 3) | conv(16) >> conv(32, 3) | act >> conv(32)",
    "middle flow": "((act >> sep(8)) * 3 + identity) * 8",
    "dense and transition": "dense(2, 4) >> transition >> dense(2, 4)",
    "squeezed": "conv(8) >> se(0.25) >> mbconv(8, se=0.25) * 2",
    "a cell of two inputs": 'conv(8) >> conv(8) >> cell(8, tap("prev") + conv(8)) * 2 '
    '>> cell(16, identity, prev="x")',
    "nas-bench-201": 'tie(identity @ "a" >> conv @ "b" >> ((tap("a") >> conv) + act) @ "c" '
    '>> (tap("a") >> norm) + (tap("b") >> act) + identity, "cell") * 2',
    "auxiliary": "conv(8) >> aux(conv(4) >> classifier(9), weight=0.3) >> conv(8) >> fc(9)",
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_of_known_networks(name):
    network = nas.parse(f'image(8, 16, 16) >> conv(8, 3) @ "x" >> ({SHAPES[name]})')
    assert nas.parse(str(network)) == network
    cost = nas.cost(network)
    built = nas.compile(network, device="meta")
    assert sum(p.numel() for p in built.parameters()) == cost.training_params
