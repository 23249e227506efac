"""The caller's global torch state changes nothing, and is left as it was."""

from contextlib import ExitStack

import numpy as np
import pytest
import torch

from skmiaug.exceptions import DeviceUnavailableError
from tests._helpers import small, trained
from tests._torch_states import TORCH_STATES


@pytest.mark.parametrize("state", TORCH_STATES)
def test_fits_and_samples_are_those_without(skewed, state):
    X, y = skewed
    expected = trained(max_iter=30, rejection_rate=0.2).fit(X, y)
    rows = expected.sample(20)[0]
    with TORCH_STATES[state]():
        found = trained(max_iter=30, rejection_rate=0.2).fit(X, y)
        assert found.loss_curve_ == expected.loss_curve_
        np.testing.assert_array_equal(found.sample(20)[0], rows)
        np.testing.assert_array_equal(expected.sample(20)[0], rows)
    np.testing.assert_array_equal(found.sample(20)[0], rows)


def test_several_states_at_once_and_left_as_they_were(skewed):
    X, y = skewed
    with ExitStack() as stack:
        for state in ("default type float64", "no_grad", "autocast"):
            stack.enter_context(TORCH_STATES[state]())
        trained(max_iter=2).fit(X, y).sample(3)
        assert torch.get_default_dtype() == torch.float64
        assert not torch.is_grad_enabled()
        assert torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize("device", ["mps", "xpu", "hpu", "meta", "cuda:7"])
def test_devices_that_are_not_there_are_refused(skewed, device):
    X, y = skewed
    with pytest.raises(DeviceUnavailableError, match=device):
        small(device=device).fit(X, y)
