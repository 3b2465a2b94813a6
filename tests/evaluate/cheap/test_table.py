"""Look-ups by every way to name a network, and tables that can't be read."""

import gzip
from pathlib import Path

import pytest

import nas
from nas.errors import UsageError
from nas.evaluate.cheap import Given, figures, make, names
from nas.genotype import canonical_hash
from nas.trial import Job, Kind, Outcome
from nas.zoo.nas_bench_201 import nas_bench_201

LENET = "image(1, 28, 28) >> conv(6, 5) >> classifier(10)"
CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|none~1|avg_pool_3x3~2|"


def looked_up(table: object, text: str) -> Outcome:
    given = Given("digits", "", "cpu", 0, "proxy", Path(), table=str(table))
    return make("table", given).evaluate(Job(0, text, 0), Path())


@pytest.mark.parametrize(
    ("column", "name", "text"),
    [
        ("hash", canonical_hash(nas.parse(LENET)), LENET),
        ("genotype", f'"{LENET}"', LENET),
        ("notation", CELL, str(nas_bench_201(CELL))),
        ("ops", "301204", str(nas_bench_201(CELL))),
    ],
)
def test_a_network_is_found_by_its_name(tmp_path: Path, column: str, name: str, text: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{column},accuracy,other\n{name},0.75,3\n")
    assert looked_up(path, text).figures == {"accuracy": 0.75}
    assert looked_up(f"{path}:accuracy", text).figures == {"accuracy": 0.75}
    missing = looked_up(path, "image(1, 9, 9) >> conv(3) >> classifier(10)")
    assert missing.kind == Kind.INFEASIBLE
    assert missing.reason.startswith(f"{path} has no row for this network")


def test_percent_becomes_a_share_and_a_packed_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("ops,top1\n000000,10.0\n301204,91.5\n")
    assert looked_up(f"{path}:top1", str(nas_bench_201(CELL))).figures == {"accuracy": 0.915}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "needs a column hash, notation, ops, genotype .* but has a, b"),
        ("", "needs a column hash"),
        ("hash,acuracy\n1,2\n", "has no column 'accuracy'; did you mean 'acuracy'"),
        ("hash,accuracy\n", "has no rows"),
        ("hash,accuracy\nx,much\n", "line 2: could not convert string to float: 'much'"),
        ("ops,accuracy\n012345,1\n", "line 2: a cell of NAS-Bench-201 has 6 digits from 0 to 4"),
        ("genotype,accuracy\nlenet6,1\n", "line 2: no reference is called 'lenet6'"),
    ],
)
def test_a_bad_table_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        looked_up(path, LENET)
    assert str(caught.value).startswith(f"--table {path}: ")
    assert "\n" not in str(caught.value)


def test_a_table_that_is_missing_or_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read: No such file"):
        looked_up(tmp_path / "no.csv", LENET)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is no CSV file"):
        looked_up(tmp_path / "bytes.csv", LENET)
    with pytest.raises(UsageError, match=r"needs --table FILE\.csv"):
        make("table", Given("digits", "", "cpu", 0, "proxy", tmp_path))


def test_evaluators_are_known_by_their_files() -> None:
    assert names()[0] == "train"
    assert {"zero-cost", "supernet", "table"} <= set(names())
    assert figures("zero-cost") == ("score",)
    with pytest.raises(UsageError, match=r"'zero_cst' is none of train, .*; did you mean"):
        figures("zero_cst")
