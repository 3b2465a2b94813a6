"""Quantities as people write them: counts (`400M`) and durations (`1h30m`)."""

from __future__ import annotations

import re

from nas.errors import UsageError

_UNITS = {"T": 10**12, "G": 10**9, "M": 10**6, "k": 10**3, "": 1}
_READ = {**_UNITS, "K": 10**3, "B": 10**9}  # of g, m, t there is only one reading, too
_LATENCIES = (("s", 1.0), ("ms", 1e-3))
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def parse_count(text: str) -> int:
    """The whole number that `text` writes, with or without a unit k, M, G, B (= G) or T, or as
    a power of ten: `4e8`.

    Raises `UsageError` where it is no count of at least 1.

    >>> parse_count("2.5G")
    2500000000
    """
    written = r"((?:\d+(?:\.\d+)?|\.\d+)(?:[eE]\+?\d\d?)?) ?([kKmMgGbBtT]?)"
    found = re.fullmatch(written, text.strip())
    count = 0
    if found:
        unit = found[2]
        count = round(float(found[1]) * (_READ[unit] if unit in _READ else _READ[unit.upper()]))
    if count < 1:
        raise UsageError(f"{text!r} is no count; write a positive number such as 400M, 2.5G, 250k")
    return count


def format_count(count: float) -> str:
    """`count` with three digits and a unit, as `parse_count` reads it.

    >>> format_count(1_234_567), format_count(999_999), format_count(42)
    ('1.23M', '1.00M', '42')
    """
    for unit, size in _UNITS.items():
        if unit and count >= size * 0.9995:
            scaled = count / size
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{scaled:.{digits}f}{unit}"
    return f"{count:.0f}"


def spoken(count: int) -> str:
    """`count` as people say it: one or two decimals and a unit, as in tables and papers.

    >>> spoken(5_288_548), spoken(385_814_752), spoken(4_089_184_256), spoken(850)
    ('5.29 M', '385.8 M', '4.09 G', '850')
    """
    for unit, size in _UNITS.items():
        if unit and count >= size * 0.99995:
            scaled = count / size
            return f"{scaled:.{2 if scaled < 99.995 else 1}f} {unit}"
    return str(count)


def spoken_bytes(count: int) -> str:
    """A number of bytes in decimal units.

    >>> spoken_bytes(111_861_920), spoken_bytes(512)
    ('111.9 MB', '512 bytes')
    """
    return f"{count} bytes" if count < 1000 else f"{spoken(count)}B"


def spoken_seconds(seconds: float) -> str:
    """A latency as people say it, with three digits.

    >>> spoken_seconds(0.002_534), spoken_seconds(0.000_085_3), spoken_seconds(1.5)
    ('2.53 ms', '85.3 us', '1.50 s')
    """
    unit, size = next((each for each in _LATENCIES if seconds >= each[1] * 0.9995), ("us", 1e-6))
    scaled = seconds / size
    return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f} {unit}"


def parse_bytes(text: str) -> int:
    """The bytes that `text` writes: `4M` or `4MB` of 10**6, `4MiB` of 2**20.

    Raises `UsageError` where it is no positive size.

    >>> parse_bytes("4M"), parse_bytes("1.5 MiB")
    (4000000, 1572864)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+) ?([kKmMgGtT]?)(i?)[bB]?", text.strip())
    size = 0
    if found and (found[2] or not found[3]):
        scale = _READ[found[2]] if found[2] in _READ else _READ[found[2].upper()]
        if found[3]:
            scale = 1 << {10**3: 10, 10**6: 20, 10**9: 30, 10**12: 40}[scale]
        size = round(float(found[1]) * scale)
    if size < 1:
        raise UsageError(f"{text!r} is no size in bytes; write one such as 4M, 512k, 1.5GiB")
    return size


def parse_latency(text: str) -> float:
    """The seconds that `text` writes with its unit: `20ms`, `1.5s`, `800us`.

    Raises `UsageError` where it is no positive time with a unit.

    >>> parse_latency("20ms")
    0.02
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+) ?(s|ms|us|µs)", text.strip())
    seconds = float(found[1]) / {"s": 1, "ms": 10**3}.get(found[2], 10**6) if found else 0.0
    if not seconds:
        raise UsageError(f"{text!r} is no latency; write one with its unit, such as 20ms, 1.5s")
    return seconds


def parse_image(text: str | None) -> tuple[int, int, int] | None:
    """(channels, height, width) that `text` writes; None of None. Raises `UsageError`.

    >>> parse_image("3,32,32")
    (3, 32, 32)
    """
    if text is None:
        return None
    found = re.fullmatch(r" *([1-9]\d{0,4}) *, *([1-9]\d{0,4}) *, *([1-9]\d{0,4}) *", text)
    if not found:
        raise UsageError(
            f"--image {text}: must be channels,height,width in pixels, such as 3,224,224"
        )
    return int(found[1]), int(found[2]), int(found[3])


def parse_seconds(text: str) -> float:
    """The seconds that `text` writes: `90`, `90s`, `2m`, `1h30m`, `1.5d`.

    Raises `UsageError` where it is no positive duration.

    >>> parse_seconds("1h30m")
    5400.0
    """
    part = r"(?:(\d+(?:\.\d+)?){})?"
    found = re.fullmatch("".join(part.format(unit) for unit in _SECONDS), text.strip())
    if found and any(found.groups()):
        parts = zip(found.groups(), _SECONDS.values(), strict=True)
        seconds = sum(float(value) * size for value, size in parts if value)
    else:
        seconds = float(text) if re.fullmatch(r"\d+(\.\d+)?", text.strip()) else 0.0
    if seconds <= 0:
        raise UsageError(f"{text!r} is no duration; write one such as 90s, 2m, 1h30m")
    return seconds


def format_seconds(seconds: float) -> str:
    """`seconds` in its two largest units.

    >>> format_seconds(5400), format_seconds(75.4), format_seconds(3.21)
    ('1h30m', '1m15s', '3.2s')
    """
    if seconds < 10:
        return f"{max(0.0, seconds):.1f}s"
    left = round(seconds)
    parts: list[str] = []
    for unit, size in _SECONDS.items():
        value, left = divmod(left, size)
        if parts:
            parts.append(f"{value:02d}{unit}")
        elif value:
            parts.append(f"{value}{unit}")
    return "".join(parts[:2])
