"""From a graph to `model.py`: a module that needs only torch, written as a person would.

The compiler's scopes become classes. Scopes with equal `forward`s and equal kinds of layers are
one class, whose `__init__` takes what differs between them; parts numbered from 0 that follow one
another are a `Sequential`, equal neighbours in it a loop. The names of the state dict are kept.
"""

from nas.compiler.standalone.module import standalone

__all__ = ["standalone"]
