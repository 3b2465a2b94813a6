"""How long every reference takes to draw, from its genotype to SVG, its graph recorded anew; with
a folder, the drawings are left there.

python studies/pictures/draw.py
python studies/pictures/draw.py /tmp/pictures
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from pathlib import Path

from nas.genotype.recording import recorded
from nas.report.drawing import laid_out, painted, png
from nas.report.drawing.subject import subject
from nas.zoo import references

LIMIT = 1.0  # seconds of the processor's time
TIMES = 5


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    taken, sizes = {}, {}
    for name in references():
        what = subject(name)
        runs = []
        for _ in range(TIMES):
            recorded.cache_clear()
            start = time.process_time()
            page = laid_out(what.genotype, title=what.title, source=what.source)
            drawing = painted(page)
            runs.append(time.process_time() - start)
        taken[name] = statistics.median(runs)
        sizes[name] = (page.width, page.height, len(drawing.encode()))
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.svg").write_text(drawing, encoding="utf-8")
            (folder / f"{name}.png").write_bytes(png(drawing))
    slowest = sorted(taken, key=taken.__getitem__, reverse=True)
    print(
        f"{len(taken)} references, median of {TIMES} runs each, Python {platform.python_version()}"
    )
    print(f"seconds of the processor's time to draw one: median {middle(taken):.3f}", end="")
    print(f", slowest {taken[slowest[0]]:.2f} ({slowest[0]}), limit {LIMIT:.0f}")
    for name in slowest[:5]:
        width, height, size = sizes[name]
        print(f"{name:24} {taken[name]:.3f} s {width:.0f} x {height:.0f} px {size / 1000:.0f} kB")
    wide = max(width for width, _, _ in sizes.values())
    print(f"widest page {wide:.0f} px, median file {middle_size(sizes):.0f} kB")
    print("kept" if taken[slowest[0]] < LIMIT and wide <= 1600.5 else "FAILED")


def middle(taken: dict[str, float]) -> float:
    return statistics.median(taken.values())


def middle_size(sizes: dict[str, tuple[float, float, int]]) -> float:
    return statistics.median(size for _, _, size in sizes.values()) / 1000


if __name__ == "__main__":
    main()
