"""Names of a network's parts, and those that none can bear."""

from __future__ import annotations

import re

from nas.errors import GenotypeError, shown
from nas.genotype import limits

RESERVED = frozenset(  # torch's modules have attributes of these names
    [
        "T_destination",
        "add_module",
        "aux_weights",  # of the compiled network
        "append",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extend",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "genotype",
        "get_submodule",
        "half",
        "input_shape",
        "insert",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "pop",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "source",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
    ]
)


def checked_name(value: object) -> str:
    """A name for `@`, `tie` or `choice`: letters, digits and _, not all digits; GenotypeError
    else."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_]+", value) or value.isdigit():
        raise GenotypeError(
            f"a name must be letters, digits and _ with at least one letter, but got {shown(value)}"
        )
    limits.within("a name's length", len(value), limits.NAME, "shorten it")
    if value in RESERVED or value.startswith("_"):
        raise GenotypeError(
            f"the name {value!r} is taken by torch's modules; "
            f"choose another, such as {value.strip('_')}1"
        )
    return value
