"""What the tests of the augmenter share."""

import pytest

from skmiaug.training.gan import _loop as _gan_loop


@pytest.fixture
def few_head_steps(monkeypatch):
    """Fits of pairs in a blink: their heads learn hardly anything before the networks."""
    monkeypatch.setattr(_gan_loop, "N_HEAD_STEPS", 3)
