import torch

from nas.train.augment.masks import where


def test_it_is_torchs_where():
    random = torch.Generator().manual_seed(0)
    a, b = torch.randint(256, (2, 5, 3, 7, 9), dtype=torch.uint8, generator=random)
    for shape in ((5, 3, 7, 9), (5, 1, 7, 9), (5, 1, 1, 1)):
        mask = torch.rand(shape, generator=random) < 0.4
        assert torch.equal(where(mask, a, b), torch.where(mask, a, b))
        assert torch.equal(where(mask, a[:1, :1], b), torch.where(mask, a[:1, :1], b))
        assert torch.equal(where(mask, a, b[:1, :1]), torch.where(mask, a, b[:1, :1]))
