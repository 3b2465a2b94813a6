"""What the history of the field needs besides the references: the challenge's winners, results that
aren't one network on one crop, and ideas of training."""

from __future__ import annotations

from dataclasses import dataclass

CHALLENGE = "ILSVRC, arXiv:1409.0575"  # the task, and the results up to 2014
HUMAN = 5.1  # top-5 error in percent of a practised annotator, section 6.4 of the same


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of ILSVRC's classification task: top-5 error on the test images in percent, by an
    ensemble as a rule."""

    year: int
    name: str
    top5_error: float
    place: int
    source: str


@dataclass(frozen=True, slots=True)
class Trained:
    """A published result on ImageNet's validation images that is more than a network and one crop:
    several networks, larger images, more data, another way of training. Errors in percent."""

    year: int
    name: str
    top1_error: float
    top5_error: float | None
    how: str
    source: str


@dataclass(frozen=True, slots=True)
class Idea:
    """An idea of training, in a clause."""

    year: int
    name: str
    idea: str
    citation: str


ENTRIES = (
    Entry(2012, "SIFT features", 26.2, 2, "AlexNet, NIPS 2012"),
    Entry(2012, "AlexNet", 15.3, 1, "AlexNet, NIPS 2012"),
    Entry(2013, "Clarifai (ZFNet)", 11.2, 1, CHALLENGE),
    Entry(2014, "VGG", 7.3, 2, "VGG, arXiv:1409.1556"),
    Entry(2014, "GoogLeNet", 6.67, 1, "GoogLeNet, arXiv:1409.4842"),
    Entry(2015, "ResNet", 3.57, 1, "ResNet, arXiv:1512.03385"),
    Entry(2016, "Trimps-Soushen", 2.99, 1, "image-net.org, results of ILSVRC 2016"),
    Entry(2017, "SENet", 2.25, 1, "SENet, arXiv:1709.01507"),
)

RESULTS = (
    Trained(
        2012, "AlexNet", 36.7, 15.4, "seven networks, of them two pretrained", ENTRIES[1].source
    ),
    Trained(
        2013,
        "OverFeat",
        33.96,
        13.24,
        "seven accurate models, four scales, fine stride",
        "OverFeat, arXiv:1312.6229",
    ),
    Trained(
        2014,
        "VGG-16",
        25.6,
        8.1,
        "one network on larger images, dense",
        "VGG, arXiv:1409.1556, Table 3",
    ),
    Trained(
        2014,
        "VGG-16 + VGG-19",
        23.7,
        6.8,
        "two networks, many crops, dense",
        "VGG, arXiv:1409.1556, Table 7",
    ),
    Trained(
        2015,
        "BN-Inception",
        20.1,
        4.9,
        "six networks, 144 crops",
        "Batch normalization, arXiv:1502.03167, Figure 4",
    ),
    Trained(
        2015,
        "Inception-v3",
        17.3,
        3.5,
        "four networks, many crops",
        "Rethinking Inception, arXiv:1512.00567, abstract",
    ),
    Trained(
        2015,
        "ResNet-101",
        21.75,
        6.05,
        "one network, ten crops",
        "ResNet, arXiv:1512.03385, Table 3",
    ),
    Trained(
        2015,
        "ResNet-152",
        19.38,
        4.49,
        "one network, six scales, dense",
        "ResNet, arXiv:1512.03385, Table 4",
    ),
    Trained(
        2016,
        "Inception-v4 + 3 Inception-ResNet-v2",
        16.5,
        3.1,
        "four networks, 144 crops",
        "Inception-v4, arXiv:1602.07261, Table 5",
    ),
    Trained(
        2016,
        "DenseNet-201",
        21.46,
        5.54,
        "one network, ten crops",
        "DenseNet, arXiv:1608.06993, Table 3",
    ),
    Trained(
        2016,
        "ResNeXt-101 64x4d",
        19.1,
        4.4,
        "one network, 320 pixels",
        "ResNeXt, arXiv:1611.05431, Table 5",
    ),
    Trained(
        2018,
        "ResNeXt-101 32x48d",
        14.6,
        2.4,
        "3.5 billion images with hashtags",
        "weakly supervised pretraining, arXiv:1805.00932, abstract",
    ),
    Trained(
        2019,
        "FixResNeXt-101 32x48d",
        13.6,
        2.0,
        "a billion images with hashtags, 320 pixels",
        "FixRes, arXiv:1906.06423",
    ),
    Trained(
        2020,
        "Meta Pseudo Labels, EfficientNet-L2",
        9.8,
        1.2,
        "300 million unlabelled images",
        "Meta Pseudo Labels, arXiv:2003.10580",
    ),
    Trained(
        2021,
        "SwinV2-G",
        9.83,
        None,
        "70 million more images, 640 pixels",
        "Swin V2, arXiv:2111.09883",
    ),
    Trained(
        2021,
        "Florence-CoSwin-H",
        9.95,
        0.98,
        "900 million images with captions",
        "Florence, arXiv:2111.11432",
    ),
)

IDEAS = (
    Idea(2012, "Dropout", "units left out at random in training", "Dropout, arXiv:1207.0580"),
    Idea(2017, "Mixup", "training on blends of two images", "mixup, arXiv:1710.09412"),
    Idea(2018, "AutoAugment", "augmentation found by search", "AutoAugment, arXiv:1805.09501"),
    Idea(
        2019,
        "CutMix",
        "a patch of another image, and its label by area",
        "CutMix, arXiv:1905.04899",
    ),
    Idea(2019, "FixRes", "tested on larger images than trained on", "FixRes, arXiv:1906.06423"),
    Idea(
        2019,
        "RandAugment",
        "augmentation with two numbers to choose",
        "RandAugment, arXiv:1909.13719",
    ),
    Idea(
        2019,
        "Noisy Student",
        "a teacher's labels for a noisy student",
        "Noisy Student, arXiv:1911.04252",
    ),
    Idea(
        2020,
        "Meta Pseudo Labels",
        "the student's result on labelled images corrects the teacher",
        "Meta Pseudo Labels, arXiv:2003.10580",
    ),
)
