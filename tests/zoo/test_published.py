"""Published errors are quoted from a source that states them."""

import math

import pytest
from witness import torchvision
from witnesses import figures, recorded

from nas.zoo import Reference, references
from nas.zoo._base import TORCHVISION

QUOTED = [reference for reference in references().values() if reference.top1_error]
CHECKED = {  # looked up at the source, where reference_models.json has it from memory or not at all
    "coatnet_0": (18.4, None),  # arXiv:2106.04803, Table 4; of the next ones, too
    "coatnet_1": (16.7, None),
    "coatnet_2": (15.9, None),
    "coatnet_3": (15.5, None),
    "coatnet_4": (11.44, None),  # its abstracts, of versions 1 and 2
    "coatnet_5": (10.23, None),
    "coatnet_7": (9.12, None),
    "nasnetamobile": (26.0, 8.4),  # tensorflow/models, research/slim/README.md
    "pnasnet5large": (17.1, 3.8),  # the same
    "amoebanet_a": (17.2, 3.9),  # arXiv:1802.01548, Table 2
    "darts": (26.7, 8.7),  # quark0/darts, README.md
    "tf_efficientnet_l2": (11.6, None),  # arXiv:1911.04252, abstract: 88.4 % right
    "semnasnet_100": (24.8, 7.5),  # tensorflow/tpu, models/official/mnasnet/README.md
    "ghostnet_050": (33.8, None),  # arXiv:1911.11907, by paperswithcode.com; of the next ones, too
    "ghostnet_100": (26.1, None),
    "ghostnet_130": (24.3, None),
    "hrnet_w18_small_v2": (24.9, 7.6),  # HRNet/HRNet-Image-Classification, README.md
    "hrnet_w18": (23.2, 6.6),  # the same
    "hrnet_w32": (21.5, 5.8),  # the same
    "spos": (25.6, 8.0),  # megvii-model/SinglePathOneShot, README.md
}


@pytest.mark.parametrize("reference", QUOTED, ids=lambda reference: reference.name)
def test_errors_stand_at_their_source(reference: Reference) -> None:
    quoted = (reference.top1_error, reference.top5_error)
    assert reference.source
    if reference.source == TORCHVISION:
        meta = torchvision.models.get_model_weights(reference.name)["IMAGENET1K_V1"].meta
        accuracy = meta["_metrics"]["ImageNet-1K"]
        for error, name in zip(quoted, ("acc@1", "acc@5"), strict=True):
            assert error is not None
            assert math.isclose(100 - accuracy[name], error, abs_tol=0.0051)
    elif reference.name in CHECKED:
        assert quoted == CHECKED[reference.name]
    else:
        arches = {row["arch"] for row in recorded(reference)}
        arches |= {arch.partition(" (")[0] for arch in arches}
        rows = [row for arch in arches for row in figures()["published"].get(arch, ())]
        known = [row for row in rows if row["status"] != "from memory"]
        top1 = [row for row in known if row.get("top1_err") == quoted[0]]
        assert top1, f"{reference.name}: {quoted} is none of {known}"
        assert quoted[1] is None or quoted[1] in {row.get("top5_err") for row in top1}


def test_names_and_aliases_are_different() -> None:
    names = [n for r in references().values() for n in (r.name, *r.aliases)]
    assert len(names) == len(set(names))
