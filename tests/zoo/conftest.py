import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Two threads on a busy machine wait for one another far longer than these networks compute."""
    torch.set_num_threads(1)
