"""B0 to B7 from B0, by the released coefficients and by the paper's formula, side by side.

`python studies/efficientnet_scaling/tables.py`
"""

from nas.costs import figures
from nas.scaling import Factors, grown, laws
from nas.scaling.released import EFFICIENTNET
from nas.zoo import genotype

HEADS = ("", "width", "depth", "pixels", "dropout", "parameters", "MACs", "nominal", "exact")


def row(name: str, factors: Factors, network: object, base_macs: int) -> str:
    text = str(network)
    counted = figures(network)
    pixels = text.partition("(")[2].split(",")[1].strip()
    dropout = text.rpartition("dropout=")[2].rstrip(")")
    cells = (
        name,
        f"{factors.width:.3f}",
        f"{factors.depth:.3f}",
        pixels,
        dropout,
        f"{counted.params:,}",
        f"{counted.macs / 1e6:,.2f} M",
        f"{factors.nominal:.2f}",
        f"{counted.macs / base_macs:.2f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    base = genotype("efficientnet_b0")
    own = figures(base).macs
    law = laws.make("compound")
    print(f"| {' | '.join(HEADS)} |")
    print(f"| --- |{' ---: |' * (len(HEADS) - 1)}")
    for size in range(8):
        released = EFFICIENTNET[f"b{size}"]
        factors = Factors(released.width, released.depth, released.pixels / 224)
        print(row(f"B{size} released", factors, grown(base, factors), own))
        factors = law.factors(size)
        print(row(f"phi = {size}", factors, grown(base, factors), own))


if __name__ == "__main__":
    main()
