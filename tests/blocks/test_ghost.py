"""Ghost modules where the contract and GhostNet itself don't reach: odd widths, other strides."""

import torch
import torch.nn.functional as F  # noqa: N812

import nas
from nas.dsl import default, ghost_bneck, ghost_conv, image


def test_an_odd_width_cuts_off_the_last_map() -> None:
    """arXiv:1911.11907's authors make ceil(out / 2) maps, as many cheap ones, and keep `out`."""
    network = nas.compile(image(4, 6, 6) >> default(norm="none") >> ghost_conv(5), seed=0)
    state = network.state_dict()
    primary, cheap = (state[f"ghost_conv.{name}.weight"] for name in ("primary", "cheap"))
    assert primary.shape == (3, 4, 1, 1)
    assert cheap.shape == (3, 1, 3, 3)
    x = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    y = F.conv2d(x, primary).relu()
    z = F.conv2d(y, cheap, padding=1, groups=3).relu()
    torch.testing.assert_close(network(x), torch.cat((y, z), 1)[:, :5])


def test_the_input_is_added_where_it_fits() -> None:
    """Else it is filtered and projected: 8 * 9 + 8 * 6 weights, 2 * (8 + 6) of norms."""
    bodies = [8 * 4 + 4 * 9 + 16 + 8 * half + half * 9 + 4 * half for half in (4, 3)]
    assert nas.cost(image(8, 9, 9) >> ghost_bneck(8)).params == bodies[0]
    wider = nas.cost(image(8, 9, 9) >> ghost_bneck(6)).params
    assert wider == bodies[1] + 8 * 9 + 8 * 6 + 2 * (8 + 6)
    uneven = nas.cost(image(8, 9, 9) >> ghost_bneck(8, stride=(2, 1)))
    assert uneven.graph.spec.shape == (8, 5, 9)
