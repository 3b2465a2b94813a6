"""Semi-supervised training: a few labelled images and many without labels.

Both methods work on any two networks that read the same images: `noisy_student` (arXiv:1911.04252)
and `meta_pseudo_labels` (arXiv:2003.10580). `supervised` trains on the labelled images alone, for
as many steps: what either has to beat. `FewLabels` trains a genotype by any of the three.
"""

from nas.train.semi._few import few_labels, supervised
from nas.train.semi.meta_pseudo_labels import MetaPseudoLabels, meta_pseudo_labels
from nas.train.semi.methods import FewLabels
from nas.train.semi.noisy_student import NoisyStudent, noisy_student

__all__ = [
    "FewLabels",
    "MetaPseudoLabels",
    "NoisyStudent",
    "few_labels",
    "meta_pseudo_labels",
    "noisy_student",
    "supervised",
]
