"""Runs of real candidates whose outcomes are arithmetic, so that a report is tested in seconds."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas.study import Budget, Goal, Run, Study, Training
from nas.study.settings import Evaluation
from nas.trial import Job, Kind, Outcome

SPACE = """image(1, 8, 8)
>> conv(choice(8, 16, 24, 32), choice(3, 5)) @ "stem"
>> choice(mbconv(16, choice(3, 5)), basic(16)) @ "body"
>> conv(choice(8, 12, 16), choice(1, 3)) @ "tail"
>> classifier(10)"""


def figures(job: Job) -> dict[str, float]:
    """An accuracy that grows with the stem's width, and a little with the number."""
    width = int(job.genotype.split("conv(")[1].split(",")[0].rstrip(")"))
    accuracy = 0.5 + 0.01 * width + 0.0001 * (job.number * 7 % 11) + 0.02 * job.rung
    return {"accuracy": accuracy, "loss": 1 - accuracy, "epochs": 4.0}


Told = Callable[[Job], Outcome]


def complete(job: Job) -> Outcome:
    """Every candidate can be trained."""
    return Outcome(job.number, Kind.COMPLETE, figures(job), 2.0 + job.number % 3)


@dataclass(frozen=True)
class Made:
    """A run's folder, and its journal as an independent reader finds it."""

    folder: Path

    @property
    def trials(self) -> list[dict[str, Any]]:
        """Each trial's attributes, with its values, options by decision and moments."""
        found: list[dict[str, Any]] = []
        for line in (self.folder / "journal.log").read_text().splitlines():
            log = json.loads(line)
            if log["op_code"] == 4:
                options = {
                    key: json.loads(text)["attributes"]["choices"]
                    for key, text in log.get("distributions", {}).items()
                }
                point = {key: options[key][at] for key, at in log.get("params", {}).items()}
                found.append({**log["user_attrs"], "point": point, "values": None})
            elif log["op_code"] == 8:
                found[log["trial_id"]].update(log["user_attr"])
            elif log["op_code"] == 6:
                found[log["trial_id"]]["values"] = log["values"]
        return found

    @property
    def results(self) -> list[dict[str, Any]]:
        """Of the complete ones number, value and figures."""
        return [
            {**trial, "number": number, "value": trial["values"][0]}
            for number, trial in enumerate(self.trials)
            if trial["values"]
        ]

    def edit(self, change: Callable[[dict[str, Any]], Any]) -> None:
        """Rewrite every line of the journal, as somebody who isn't `nas` could."""
        path = self.folder / "journal.log"
        logs = [json.loads(line) for line in path.read_text().splitlines()]
        for log in logs:
            change(log)
        path.write_text("".join(json.dumps(log) + "\n" for log in logs))


def make(
    folder: Path,
    trials: int,
    tell: Told = complete,
    *,
    goal: Mapping[str, Any] | None = None,
    training: Training | None = None,
    evaluation: Evaluation | None = None,
    left: int = 0,
) -> Made:
    """A run of so many trials in a new `folder`, and `left` more that were asked and not told."""
    study = Study(
        Goal(**{"space": SPACE, "sampler": "random", "objectives": ("accuracy",), **(goal or {})}),
        training or Training(),
        Budget(trials=trials or None),
        evaluation or Evaluation(),
    )
    with Run.start(study, folder) as run:
        record = run.record
        while trials and (job := run._next()) is not None:
            record.tell(tell(job))
        for _ in range(left):
            record.ask()
        if not left:
            record.finish()
        run._trust()  # writes trust.json where a cheap evaluator led the search
    return Made(folder)
