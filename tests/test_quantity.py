"""Counts and durations as people write them."""

import pytest

from nas.errors import UsageError
from nas.quantity import (
    format_count,
    format_seconds,
    parse_bytes,
    parse_count,
    parse_latency,
    parse_seconds,
)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("400M", 400_000_000),
        ("2.5G", 2_500_000_000),
        ("250k", 250_000),
        ("1 B", 10**9),
        ("17", 17),
        (".5m", 500_000),
        ("3K", 3000),
        ("1e9", 10**9),
        ("2.5E+3", 2500),
        *((bad, None) for bad in ("1e-3", "1e999", "e3", "-1", "0", "", "M", "4X", "nan", "1_000")),
    ],
)
def test_counts(text: str, count: int | None) -> None:
    if count is None:
        with pytest.raises(UsageError, match="is no count; write a positive number such as 400M"):
            parse_count(text)
    else:
        assert parse_count(text) == count


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("2m", 120),
        ("1h30m", 5400),
        ("1.5d", 129600),
        ("0.5", 0.5),
        *((bad, None) for bad in ("", "m", "2m1h", "0s", "-2m", "2 m")),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(UsageError, match="is no duration; write one such as 90s"):
            parse_seconds(text)
    else:
        assert parse_seconds(text) == seconds


@pytest.mark.parametrize("count", [1, 42, 999, 1000, 9994, 9996, 999_499, 999_501, 5_288_548])
def test_a_formatted_count_is_read_back_within_half_a_percent(count: int) -> None:
    assert parse_count(format_count(count)) == pytest.approx(count, rel=5e-3)
    assert len(format_count(count)) <= 5


def test_formatted_seconds() -> None:
    shown = [format_seconds(each) for each in (0.04, 9.96, 59.7, 3661, 90061)]
    assert shown == ["0.0s", "10.0s", "1m00s", "1h01m", "1d01h"]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4M", 4_000_000),
        ("4MB", 4_000_000),
        ("4MiB", 4 * 2**20),
        ("1.5 GiB", 3 * 2**29),
        ("512", 512),
        ("512b", 512),
        *((bad, None) for bad in ("", "0", "-4M", "4X", "4iB", "M", "nan")),
    ],
)
def test_bytes(text: str, size: int | None) -> None:
    if size is None:
        with pytest.raises(UsageError, match="is no size in bytes; write one such as 4M"):
            parse_bytes(text)
    else:
        assert parse_bytes(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20ms", 0.02),
        ("1.5 s", 1.5),
        ("800us", 0.0008),
        *((bad, None) for bad in ("20", "0ms", "-1ms", "2m", "ms", "1h")),
    ],
)
def test_latencies(text: str, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(UsageError, match="is no latency; write one with its unit"):
            parse_latency(text)
    else:
        assert parse_latency(text) == pytest.approx(seconds)
