"""Rotary positions: attention sees distances in time."""

import pytest
import torch

from skmiaug.nn import rotary_angles, rotate

CPU = torch.device("cpu")


def turns_of(angles):
    return torch.polar(torch.ones_like(angles), angles)


@pytest.mark.parametrize("width", [2, 8])
def test_inner_products_depend_on_the_distance_alone(width, seed):
    query, key = torch.randn(2, width, generator=torch.Generator().manual_seed(seed))
    turns = turns_of(rotary_angles(40, width, CPU))
    query, key = (row.expand(40, -1).contiguous() for row in (query, key))
    products = rotate(query, turns) @ rotate(key, turns).T
    for distance in range(-39, 40):
        diagonal = products.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))
    assert products.std() > 0.01


def test_a_rotation_keeps_lengths_and_the_first_timestep():
    channels = torch.randn(7, 6, generator=torch.Generator().manual_seed(0))
    turned = rotate(channels, turns_of(rotary_angles(7, 6, CPU)))
    torch.testing.assert_close(turned.norm(dim=1), channels.norm(dim=1))
    assert torch.equal(turned[0], channels[0])


def test_wave_lengths_go_from_one_to_a_hundred_turns():
    angles = rotary_angles(2, 8, CPU)[1]
    torch.testing.assert_close(angles[[0, -1]], torch.tensor([1.0, 0.01]))
    torch.testing.assert_close(angles[1:] / angles[:-1], (angles[1] / angles[0]).expand(3))
