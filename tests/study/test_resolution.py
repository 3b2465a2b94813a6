"""How large the images of a search are, unless told."""

from pathlib import Path

import pytest
from PIL import Image

import nas
from nas.errors import SpaceError
from nas.scaling import scale
from nas.space import fit
from nas.study import wiring
from nas.study.settings import Goal

SPACE = nas.parse(
    "image(3, 224, 224) >> conv(choice(32, 64), 3, stride=2) * 5 >> conv(64, 1) >> classifier(1000)"
)


def folder(place: Path, side: int) -> str:
    """Two classes of four pictures each."""
    for name in ("ant", "bee"):
        (place / name).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (side + 9, side), 30 * number).save(place / name / f"{number}.png")
    return f"folder:{place}"


@pytest.mark.parametrize(
    ("side", "resolution", "width"),
    [(32, 32, 0.25), (64, 64, 1.0), (160, 160, 1.0), (224, None, 1.0), (500, None, 1.0)],
)
def test_pictures_that_are_smaller_than_a_spaces_images_stay_so(
    side: int, resolution: int | None, width: float, tmp_path: Path
) -> None:
    data = folder(tmp_path, side)
    assert wiring.usual_resolution(SPACE, data) == resolution
    assert wiring.usual_width(SPACE, data, resolution) == width
    goal = Goal(str(SPACE), data=data, width=width, resolution=resolution)
    network = wiring.fitted(goal).genotype
    seen = resolution or 224
    assert str(network).startswith(f"image(3, {seen}, {seen})")
    assert str(network).endswith("classifier(2)")
    assert wiring.sized(goal).shape == (3, seen, seen)


def test_a_data_set_s_own_size_is_what_it_was() -> None:
    assert wiring.usual_resolution(SPACE, "digits") is None
    assert wiring.usual_width(SPACE, "digits") == 0.25
    larger = Goal(str(SPACE), resolution=64)
    assert wiring.sized(larger).shape == (1, 64, 64)
    assert str(wiring.fitted(larger).genotype).startswith("image(1, 64, 64)")
    assert wiring.usual_width(SPACE, "digits", 64) == 1.0


def test_a_neighbourhood_has_the_pictures_size_too(tmp_path: Path) -> None:
    data = folder(tmp_path, 32)
    seed = nas.genotype("mobilenetv2")
    near = wiring.neighbourhood(seed, data, None, wiring.usual_resolution(seed, data))
    same = str(wiring.neighbourhood(seed, "digits")).replace("image(1, 32, 32)", "image(3, 32, 32)")
    assert str(near) == same.replace("classifier(10", "classifier(2")
    base = wiring.base(seed, data)
    assert base == fit(scale(seed, width=0.25), (3, 32, 32), 2)
    assert wiring.base(base, data) == base
    assert wiring.base(base, data, None, 48) == fit(base, (3, 48, 48), 2)
    with pytest.raises(SpaceError) as refused:
        wiring.neighbourhood(nas.genotype("overfeat_fast"), data, None, 32)
    said = str(refused.value)
    assert "can't be built for the 32x32 images of folder:" in said
    assert "or give --resolution 224, another --width" in said
