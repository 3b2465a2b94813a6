import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.data import stratified
from nas.errors import DataError


@given(st.lists(st.integers(3, 40), min_size=1, max_size=6), st.integers(0, 99))
def test_every_index_falls_into_one_part_and_classes_keep_their_shares(sizes, seed):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    shares = (0.5, 0.3, 0.2)
    parts = stratified(labels, shares, seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    for part, share in zip(parts, shares, strict=True):
        counts = np.bincount(labels[part], minlength=len(sizes))
        assert (abs(counts - share * np.array(sizes)) <= 1).all()


def test_the_seed_decides():
    labels = np.repeat(np.arange(3), 30)
    first, again, other = (stratified(labels, (0.8, 0.2), seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_refusals():
    with pytest.raises(DataError, match=r"add up to 1, but got \(0.5, 0.4\)"):
        stratified(np.zeros(9, int), (0.5, 0.4))
    with pytest.raises(DataError, match="class 1 has 2 images, too few for 3 parts; add images"):
        stratified(np.array([0, 0, 0, 1, 1]), (0.4, 0.3, 0.3))
