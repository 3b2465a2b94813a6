"""Recording: a tensor that doesn't exist yet (`Value`) writes down what is done to it (`Graph`).

A block's body is recorded once for each (block, input, settings) into a graph of operations; a
network is a graph whose nodes are such graphs and the operations between them. Both are the same
class: `flat()` opens them.
"""

from nas.graph.nodes import Graph, Node, Path
from nas.graph.recorder import Inside, Recorder, Surroundings
from nas.graph.settings import Settings
from nas.graph.value import Value

__all__ = [
    "Graph",
    "Inside",
    "Node",
    "Path",
    "Recorder",
    "Settings",
    "Surroundings",
    "Value",
]
