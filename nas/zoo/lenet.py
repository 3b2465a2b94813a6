"""LeNet-5: convolution, weight sharing, subsampling, on 32x32 digits. Source: LeCun et al.,
Gradient-Based Learning Applied to Document Recognition, 1998, doi:10.1109/5.726791.

`lenet5` is the network as it is taught today: tanh, plain averages, dense third convolution,
linear output. `lenet5_1998` is the paper's: 60,000 parameters. It deviates in two points: the
output codes are drawn at random (the paper names that as a way; its own are 7x12 pictures of the
characters), and distances have a minus sign, so that the largest output is the answer.
"""

from __future__ import annotations

from nas.genotype import Genotype, parse
from nas.zoo._base import Paper

LENET = Paper(
    "LeNet", 1998, "LeNet-5, doi:10.1109/5.726791", idea="convolution, weight sharing, subsampling"
)


def lenet5() -> Genotype:
    """Figure 2, with every map of C3 connected to all of S2."""
    return parse("""
        image(1, 32, 32)
        >> default(norm="none", act="tanh")
        >> conv(6, 5, padding="valid")
        >> avgpool(2, stride=2)
        >> conv(16, 5, padding="valid")
        >> avgpool(2, stride=2)
        >> conv(120, 5, padding="valid")
        >> fc(84)
        >> classifier(10)
    """)


def lenet5_1998() -> Genotype:
    """Section II.B: trained subsampling, Table I's connections, scaled tanh, fixed output codes."""
    return parse("""
        image(1, 32, 32)
        >> default(norm="none", act="scaled_tanh")
        >> conv(6, 5, padding="valid")
        >> subsample
        >> sparse_conv
        >> subsample
        >> conv(120, 5, padding="valid")
        >> fc(84)
        >> rbf(10)
    """)


REFERENCES = (
    LENET.net("lenet5", lenet5, aliases=("lenet",)),
    LENET.net("lenet5_1998", lenet5_1998),
)
