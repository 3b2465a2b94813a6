import pytest
import torch

from nas.train.threads import threads, worthwhile


def test_small_networks_get_one_thread_and_large_ones_all_there_are():
    with threads(4):
        assert worthwhile(900_000, 64) == 1
        assert worthwhile(4_000_000, 64) == 3
        assert worthwhile(4_000_000_000, 64) == 4


def test_torchs_number_is_put_back():
    def fail():
        with threads(3):
            assert torch.get_num_threads() == 3
            raise ValueError("stop")

    before = torch.get_num_threads()
    with pytest.raises(ValueError, match="stop"):
        fail()
    assert torch.get_num_threads() == before
