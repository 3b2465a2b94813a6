"""A scope's `forward` as a person would write it."""

from __future__ import annotations

import re

from nas.compiler.source import Scope
from nas.ops import Layer

WIDTH = 100  # columns
NESTED = 3  # calls in one another
_LIGHT = ("Norm", "Dropout", "DropPath", "PReLU", "LayerScale", "SkipGain")  # in a part's kind
_CALL = r"(?:F|torch)\.(?!cat|pad|max_pool|avg_pool)\w+\(%s(?:, [\w=.\"]+)*\)"
_STEP = re.compile(r"( +)(\w+) = (.*)")
_FUNCTIONS = {
    "F.max_pool2d": "MaxPool2d",
    "F.avg_pool2d": "AvgPool2d",
    "F.adaptive_avg_pool2d": "AdaptiveAvgPool2d",
    "F.relu": "ReLU",
    "F.relu6": "ReLU6",
    "F.silu": "SiLU",
    "F.gelu": "GELU",
    "F.hardswish": "Hardswish",
    "torch.sigmoid": "Sigmoid",
    "torch.tanh": "Tanh",
    "torch.flatten": "Flatten",
}


def forward(scope: Scope) -> str:
    """The scope's `forward`: a norm, an activation or a dropout stands on the line of what it
    follows, and what only concatenates its inputs takes any number of them."""
    text = re.sub(r"\((\w+(?:, \w+)+),\)", r"(\1)", scope.forward)
    numbered = listed(scope)
    text = re.sub(
        r'self\._modules\["(\w+)"\]', r"self[\1]" if numbered else r'getattr(self, "\1")', text
    )
    lines = _joined(text.rstrip("\n").split("\n"), scope)
    if numbered:
        lines = _looped(lines, len(scope.parts))
    lines = _nested(lines)
    text = "\n".join(lines) + "\n"
    found = re.match(r"    def forward\(self, (\w+(?:, \w+)+)\):\n", text)
    if found:
        first = f"        x = torch.cat(({found[1]}), 1)\n"
        rest = text[found.end() + len(first) :]
        later = set(re.findall(r"\w+", rest)) & set(found[1].split(", ")[1:])
        if text[found.end() :].startswith(first) and not later:
            text = f"    def forward(self, *maps):\n        x = torch.cat(maps, 1)\n{rest}"
    wrapped = [line for each in text.splitlines() for line in _wrapped(each)]
    return "\n".join(wrapped) + "\n"


def listed(scope: Scope) -> bool:
    """Whether its parts are numbered from 0, so that it is a list of modules."""
    return bool(scope.parts) and list(scope.parts) == [str(n) for n in range(len(scope.parts))]


def module(scope: Scope) -> str | None:
    """torch's module for a scope without parts that calls one function: `nn.MaxPool2d(3, 2, 1)`."""
    if scope.parts:
        return None
    found = re.fullmatch(
        r"    def forward\(self, x\):\n        x = ([\w.]+)\(x(?:, (.*))?\)\n        return x\n",
        scope.forward,
    )
    if not found or found[1] not in _FUNCTIONS:
        return None
    options = "" if found[1] == "torch.flatten" else found[2] or ""
    for name in ("stride", "padding"):  # behind the kernel
        options = re.sub(r"^(\d+(?:, \w+=\d+)*), (\d+)\b", rf"\1, {name}=\2", options)
    return f"nn.{_FUNCTIONS[found[1]]}({options})"


def _joined(lines: list[str], scope: Scope) -> list[str]:
    """Light steps on the line of the step before, as long as it is short enough."""
    made: list[str] = []
    for line in lines:
        one, before = _STEP.fullmatch(line), _STEP.fullmatch(made[-1]) if made else None
        if before:
            name, value = before[2], before[3]
            if line.strip() == f"return {name}":
                made[-1] = f"{before[1]}return {value}"
                continue
            gathers = value.startswith("torch.cat(")
            if one and one[2] == name and not gathers and _light(one[3], name, scope):
                whole = re.sub(rf"(?<![\w.]){name}\b", lambda _: value, one[3], count=1)  # noqa: B023
                joined = f"{one[1]}{name} = {whole}"
                if len(joined) + 3 <= WIDTH:
                    made[-1] = joined
                    continue
        made.append(line)
    return made


def _light(value: str, name: str, scope: Scope) -> bool:
    """Whether a step does little to the one value it reads."""
    if len(re.findall(rf"(?<![\w.]){name}\b", value)) != 1:
        return False
    part = re.fullmatch(rf"self\.(\w+)\({name}\)", value)
    if part:
        made = scope.parts.get(part[1])
        return isinstance(made, Layer) and any(word in made.kind for word in _LIGHT)
    return re.fullmatch(_CALL % name, value) is not None


def _nested(lines: list[str]) -> list[str]:
    """A few calls one after another as one expression."""
    head, *steps, last = lines
    found = [re.fullmatch(r" +x = (.*)", step) for step in steps]
    whole = "x"
    for value in (*(each[1] if each else "" for each in found), last.partition("return ")[2]):
        if len(re.findall(r"(?<![\w.])x\b", value)) != 1 or "torch.cat(" in value:
            return lines
        whole = re.sub(r"(?<![\w.])x\b", lambda _: whole, value)  # noqa: B023
    made = f"        return {whole}"
    calls = len(re.findall(r"\w\(", whole))
    short = head.endswith("(self, x):") and calls <= NESTED and len(made) <= WIDTH
    return [head, made] if short else lines


def _looped(lines: list[str], count: int) -> list[str]:
    """Branches of one input, which are concatenated: a loop over them."""
    head, *steps, last = lines
    found = re.fullmatch(r" +return torch\.cat\(\(([\w, ]+)\), 1\)", last)
    names = found[1].split(", ") if found else []
    wanted = [f"        {name} = self[{number}](x)" for number, name in enumerate(names)]
    if head.endswith("(self, x):") and count > 1 and len(names) == count and steps == wanted:
        return [head, "        return torch.cat([branch(x) for branch in self], 1)"]
    return lines


def _wrapped(line: str) -> list[str]:
    """A line that concatenates more than fits on one."""
    found = re.fullmatch(r"( +)(.*torch\.cat\()(.*)\)", line)
    if len(line) <= WIDTH or not found:
        return [line]
    pad = found[1]
    inside = f"{pad}    {found[3]}"
    if len(inside) <= WIDTH:
        return [f"{pad}{found[2]}", inside, f"{pad})"]
    names = re.findall(r"\w+", found[3])
    items = [f"{pad}        {name}," for name in names[:-1]]
    last = [f"{pad}    {names[-1]},", f"{pad})"]
    return [f"{pad}{found[2]}", f"{pad}    (", *items, f"{pad}    ),", *last]
