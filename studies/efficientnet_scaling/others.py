"""ResNet-50, MobileNetV1 and V2 scaled as in the paper's Table 3: MACs here and there.

`python studies/efficientnet_scaling/others.py`
"""

from nas.costs import figures
from nas.scaling import Budget, Factors, grown, laws, solve
from nas.zoo import genotype

TABLE_3 = (  # network, how, its factors (None: the paper gives none), billions of MACs there
    ("mobilenetv1_100", "baseline", Factors(), 0.6),
    ("mobilenetv1_100", "width 2", Factors(width=2), 2.2),
    ("mobilenetv1_100", "resolution 2", Factors(resolution=2), 2.2),
    ("mobilenetv1_100", "compound 1.4, 1.2, 1.3", Factors(1.2, 1.4, 1.3), 2.3),
    ("mobilenet_v2", "baseline", Factors(), 0.3),
    ("mobilenet_v2", "depth 4", Factors(depth=4), 1.2),
    ("mobilenet_v2", "width 2", Factors(width=2), 1.1),
    ("mobilenet_v2", "resolution 2", Factors(resolution=2), 1.2),
    ("mobilenet_v2", "compound", None, 1.3),
    ("resnet50", "baseline", Factors(), 4.1),
    ("resnet50", "depth 4", Factors(depth=4), 16.2),
    ("resnet50", "width 2", Factors(width=2), 14.7),
    ("resnet50", "resolution 2", Factors(resolution=2), 16.4),
    ("resnet50", "compound", None, 16.7),
)


def main() -> None:
    print("| network | scaled by | width, depth, resolution | parameters | MACs | Table 3 |")
    print("| --- | --- | --- | ---: | ---: | ---: |")
    for name, how, factors, there in TABLE_3:
        base = genotype(name)
        if factors is None:
            budget = Budget("MACs", there * 1e9, lambda network: figures(network).macs)
            factors = solve(base, laws.make("compound"), [budget]).nearest.factors
        counted = figures(grown(base, factors))
        three = f"{factors.width:.3g}, {factors.depth:.3g}, {factors.resolution:.3g}"
        cells = (name, how, three, f"{counted.params / 1e6:.2f} M", f"{counted.macs / 1e9:.2f} G")
        print(f"| {' | '.join(cells)} | {there} G |")


if __name__ == "__main__":
    main()
