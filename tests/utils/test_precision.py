"""Which type matrix products have."""

import pytest
import torch

from skmiaug.utils import _device
from skmiaug.utils._device import resolve_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize("large", [False, True])
def test_what_is_asked_for_is_taken(large):
    assert resolve_precision("float32", CPU, large_products=large) is None
    assert resolve_precision("bfloat16", CPU, large_products=large) == torch.bfloat16


@pytest.mark.parametrize("units", [False, True])
@pytest.mark.parametrize("large", [False, True])
def test_auto_on_a_cpu_needs_units_for_it_and_large_products(units, large, monkeypatch):
    monkeypatch.setattr(_device, "has_bfloat16_units", lambda: units)
    expected = torch.bfloat16 if units and large else None
    assert resolve_precision("auto", CPU, large_products=large) == expected


def test_a_torch_that_cannot_say_has_no_units(monkeypatch):
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)
    assert not _device.has_bfloat16_units()
