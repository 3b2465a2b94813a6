"""A driver killed at ten random moments, and resumed: the same record in the end."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from toy_search import Toy, drive, open_record, rows

from nas.trial import Kind

TRIALS = 400
SPACE = Toy(9, 9)
CODE = f"""
import sys
from pathlib import Path
from toy_search import Toy, drive, open_record
space = Toy(9, 9)
drive(open_record(Path(sys.argv[1]), sampler="evolution", space=space), {TRIALS})
"""


def test_ten_kills_lose_nothing_and_count_nothing_twice(journal: Path) -> None:
    rng, done = random.Random(os.getpid()), 0
    for _ in range(10):
        size = journal.stat().st_size if journal.exists() else 0
        driver = subprocess.Popen(
            [sys.executable, "-c", CODE, str(journal)], cwd=Path(__file__).parent
        )
        while driver.poll() is None and not (journal.exists() and journal.stat().st_size > size):
            time.sleep(0.001)
        time.sleep(rng.random() * 0.1)
        driver.kill()
        driver.wait()
        record = open_record(journal, sampler="evolution", space=SPACE)
        assert record.standing.good >= done
        done = record.standing.good
        record.close()
    record = open_record(journal, sampler="evolution", space=SPACE)
    drive(record, TRIALS)
    whole = open_record(journal.with_name("whole.log"), sampler="evolution", space=SPACE)
    drive(whole, TRIALS)
    assert rows(record) == rows(whole)
    del record.standing.counts[Kind.LOST]
    assert +record.standing.counts == +whole.standing.counts
    assert record.standing.front == whole.standing.front
    record.close()
    whole.close()
