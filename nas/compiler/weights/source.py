"""Where weights come from: a mapping, a module, a file, timm or torchvision."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor, nn

from nas.errors import WeightsError, shown

Given: TypeAlias = "Mapping[str, Tensor] | nn.Module | str | Path"

NESTED = ("state_dict", "model", "model_ema")
PREFIXES = ("module.", "_orig_mod.")
LIBRARIES = ("timm", "torchvision")
DAMAGED = (  # what torch.load raises
    RuntimeError, EOFError, OSError, ValueError, LookupError, AttributeError, TypeError,
    AssertionError, zipfile.BadZipFile,
)  # fmt: skip
FILES = (".safetensors", ".pth", ".pt", ".bin")


@dataclass(frozen=True, slots=True)
class Source:
    """Tensors by name; the module they belong to, where there is one; what it is called."""

    state: dict[str, Tensor]
    module: nn.Module | None
    title: str


def opened(given: Given, like: nn.Module | None = None) -> Source:
    """The tensors that `given` stands for; `like` is the module they belong to, if any.

    Raises WeightsError, also for a pickle that holds more than tensors: it is not run.
    """
    if isinstance(given, nn.Module):
        return _module(given, type(given).__name__, like)
    if isinstance(given, Mapping):
        return Source(_checked(given, "the state dict"), like, "the state dict")
    library, _, name = str(given).partition(":")
    if library not in LIBRARIES:
        path = Path(given)
        return Source(_checked(_read(path), str(path)), like, str(path))
    name, _, file = name.partition("=")
    made = _library(library, name, pretrained=not file)
    if not file:
        return _module(made, str(given), like)
    return Source(_checked(_read(Path(file)), file), made, str(given))


def _module(module: nn.Module, title: str, like: nn.Module | None) -> Source:
    if like is not None:
        raise WeightsError(f"{title} is a module already; leave like= out")
    return Source(dict(module.state_dict()), module, title)


def _read(path: Path) -> object:
    if path.suffix not in FILES:
        raise WeightsError(
            f"{path}: weights are a file ({', '.join(FILES)}), timm:NAME or torchvision:NAME"
        )
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise WeightsError(f"{path}: weights can't be read: {error.strerror}") from error
    return _safetensors(path) if path.suffix == ".safetensors" else _pickled(path)


def _safetensors(path: Path) -> object:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, ValueError, OSError) as error:
        raise WeightsError(f"{path}: no safetensors file, or a damaged one ({error})") from error


def _pickled(path: Path) -> object:
    try:
        with warnings.catch_warnings():  # of another pickle protocol: it is read or refused
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        text = str(error)
        named = re.search(r"GLOBAL ([\w.]+)|[Uu]nsupported (?:global|class) ([\w.]+)", text)
        if named or "nsupported" in text:
            what = f" ({named[1] or named[2]})" if named else ""
            raise WeightsError(
                f"{path}: holds code or objects{what}, not tensors alone, and was not run; "
                "save its state_dict() where you trust it, as safetensors or with torch.save"
            ) from error
        raise WeightsError(f"{path}: no file of torch.save, or a damaged one") from error
    except DAMAGED as error:
        raise WeightsError(f"{path}: no file of torch.save, or a damaged one") from error


def _checked(given: object, title: str) -> dict[str, Tensor]:
    """The tensors, taken out of what a training wraps around them."""
    for _ in range(len(NESTED)):
        inner = [key for key in NESTED if isinstance(given, Mapping) and key in given]
        if not inner or not isinstance(given, Mapping) or isinstance(given[inner[0]], Tensor):
            break
        if len(inner) > 1 and {"model", "model_ema"} <= set(inner):
            raise WeightsError(
                f"{title}: holds 'model' and 'model_ema'; pass the one you want as a state dict"
            )
        given = given[inner[0]]
    if not isinstance(given, Mapping) or not given:
        raise WeightsError(f"{title}: holds no tensors by name, but {type(given).__name__}")
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise WeightsError(
                f"{title}: every entry must be a name and a tensor, but {shown(name)} is "
                f"{type(value).__name__}"
            )
        if value.layout != torch.strided or value.is_quantized:
            raise WeightsError(
                f"{title}: {name} is {value.layout}, quantised or both; make it dense"
            )
    state: dict[str, Tensor] = dict(given)
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): value for name, value in state.items()}
    return state


def _library(library: str, name: str, pretrained: bool) -> nn.Module:
    """The library's network, with its published weights or any."""
    try:
        if library == "timm":
            import timm as package
        else:
            import torchvision as package
    except ImportError as error:
        raise WeightsError(
            f"{library}:{name}: {library} is not installed; pip install {library}"
        ) from error
    except RuntimeError as error:  # torchvision beside another build of torch
        raise WeightsError(
            f"{library}:{name}: {library} can't be imported beside this torch "
            f"({str(error).splitlines()[0][:100]}); install the builds that belong together"
        ) from error
    if library == "timm":
        return _timm(package, name, pretrained)
    return _torchvision(package, name, pretrained)


def _timm(timm: Any, name: str, pretrained: bool) -> nn.Module:
    if not timm.is_model(name):
        raise WeightsError(f"timm:{name}: timm has no such network; see timm.list_models()")
    if not pretrained:
        return cast(nn.Module, timm.create_model(name))
    known = timm.models.get_pretrained_cfg(name)
    hub = known.hf_hub_id if known else None
    where = f"model.safetensors of huggingface.co/{hub}" if hub else known and known.url
    if not where:
        raise WeightsError(f"timm:{name}: timm publishes no weights of it")
    try:
        made = cast(nn.Module, timm.create_model(name, pretrained=True))
    except Exception as error:
        raise _unfetched(f"timm:{name}", where, error) from error
    return made


def _torchvision(torchvision: Any, name: str, pretrained: bool) -> nn.Module:
    try:
        weights = torchvision.models.get_model_weights(name).DEFAULT
    except (ValueError, AttributeError, KeyError) as error:
        raise WeightsError(
            f"torchvision:{name}: torchvision has no such network with weights; see "
            "torchvision.models.list_models()"
        ) from error
    if not pretrained:
        weights = None
    try:
        made = cast(nn.Module, torchvision.models.get_model(name, weights=weights))
    except Exception as error:
        raise _unfetched(f"torchvision:{name}", weights.url, error) from error
    return made


def _unfetched(title: str, where: str, error: Exception) -> WeightsError:
    why = type(error).__name__
    return WeightsError(
        f"{title}: the weights can't be fetched ({why}); fetch {where} where there is a network, "
        f"and write {title}=FILE"
    )
