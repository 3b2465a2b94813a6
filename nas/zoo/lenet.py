"""LeNet-5: convolution, weight sharing, subsampling, on 32x32 digits. Source: LeCun et al.,
Gradient-Based Learning Applied to Document Recognition, 1998, doi:10.1109/5.726791.

`lenet5` is the network as it is taught today: tanh, plain averages, dense third convolution,
linear output.
"""

from __future__ import annotations

from nas.genotype import Genotype, parse
from nas.zoo._base import Paper

LENET = Paper("LeNet", 1998, "LeNet-5, doi:10.1109/5.726791")


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


REFERENCES = (LENET.net("lenet5", lenet5, aliases=("lenet",)),)
