"""Peak memory in use against torchvision's networks, run step by step with dead values freed."""

import pytest
import torch
from torch import nn
from torch.fx import Interpreter, Node, symbolic_trace
from witness import torchvision

import nas


class Alive(Interpreter):
    """Runs a network, each value freed behind its last reader, and remembers the most elements that
    were held at one time."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__(symbolic_trace(network))
        self.peak = 0

    def run_node(self, node: Node) -> object:
        made = super().run_node(node)
        held = [each for each in (*self.env.values(), made) if isinstance(each, torch.Tensor)]
        sizes = {each.untyped_storage().data_ptr(): each.numel() for each in held}
        self.peak = max(self.peak, sum(sizes.values()))
        return made


@pytest.mark.parametrize(
    "name", ["vgg11", "resnet18", "mobilenet_v2", "densenet121", "squeezenet1_0", "googlenet"]
)
def test_peak_in_use_is_what_torch_holds(name: str) -> None:
    # GoogLeNet's auxiliary heads have parameters and maps in training only
    options = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    network = getattr(torchvision.models, name)(weights=None, **options).eval()
    for module in network.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    alive = Alive(network)
    with torch.inference_mode():
        alive.run(torch.zeros(1, 3, 224, 224))
    params = sum(each.numel() for each in network.parameters())
    assert nas.cost(name).inference_memory() == 4 * (params + alive.peak)
