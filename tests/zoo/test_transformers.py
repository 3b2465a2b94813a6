"""What the papers of transformers and hybrids say of their networks' size."""

import pytest
import torch
from cases import Case, difference, pair
from witnesses import figures, timm_net

import nas
from nas.zoo import reference


@pytest.mark.parametrize("number", range(8))
def test_coatnets_are_as_large_as_the_paper_says(number: int) -> None:
    """Parameters within 1 %, MACs at 224 pixels within 2 % (timm's stride makes 5 to 8 % more)."""
    row = figures()["published"][f"CoAtNet-{number}"][0]
    cost = nas.cost(f"coatnet_{number}")
    assert cost.params == pytest.approx(row["params_m"] * 1e6, rel=0.01)
    if "macs_g" in row:
        assert cost.macs == pytest.approx(row["macs_g"] * 1e9, rel=0.02)


def test_swin_v2_g_has_three_billion_parameters() -> None:
    assert nas.cost("swin_v2_g").params == pytest.approx(3.0e9, rel=0.005)


@pytest.mark.parametrize("name", ["vit_small_patch16_224", "swin_t", "coatnet_0", "swin_v2_g"])
def test_the_text_is_about_as_short_as_the_paper_s_table(name: str) -> None:
    """One line a part of the chain: three for the image, the head and what comes between."""
    assert len(str(nas.genotype(name)).splitlines()) <= 13


def test_convnexts_outputs_are_timm_s_as_well() -> None:
    """torchvision has the name, too."""
    case = Case(reference("convnext_tiny"))
    case.__dict__["witness"] = timm_net("convnext_tiny")
    network, ours, batch = pair(case)
    with torch.no_grad():
        assert difference(network(batch), ours(batch)) < 1e-4
