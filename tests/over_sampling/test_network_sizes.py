"""Sizes of networks that are left to "auto"."""

import numpy as np
import pytest

from skmiaug import MIGANAugmenter
from skmiaug.over_sampling._migan import component_sizes


@pytest.mark.parametrize(
    ("n_components", "n_rows", "width", "size"),
    [
        # One for each four rows, at least 8 and at most 512, and not over the columns.
        ("auto", 404, 768, 100),
        ("auto", 10, 768, 8),
        ("auto", 10_000, 768, 512),
        ("auto", 404, 5, 5),
        (30, 404, 768, 30),
        (30, 404, 5, 5),
    ],
)
def test_components_grow_with_the_rows(n_components, n_rows, width, size):
    assert component_sizes(n_components, n_rows, 4, (width,)) == (size,)


@pytest.mark.parametrize(
    ("n_components", "widths", "sizes"),
    [
        ("auto", (768, 384), (66, 33)),
        # All of a narrow modality is seen, however wide the other is.
        ("auto", (768, 5), (98, 5)),
        ("auto", (768, 20), (96, 8)),
        (30, (768, 384), (20, 10)),
        (30, (768, 5), (30, 1)),
    ],
)
def test_modalities_share_the_components_by_columns(n_components, widths, sizes):
    assert component_sizes(n_components, 400, 4, widths) == sizes


def test_a_condition_gets_half_as_many_components():
    sizes = [component_sizes("auto", 404, 4, (768, d), conditioned=True) for d in (300, 5)]
    assert sizes == [(100, 50), (100, 5)]


def sizes_of(X, y, **parameters):
    augmenter = MIGANAugmenter(max_iter=2, random_state=0, device="cpu", **parameters)
    sampler = augmenter.fit(X, y)._generator
    return [network.hidden_layer_sizes for network in (sampler.generator, sampler.critic)]


def test_layers_are_two_and_as_wide_as_the_directions_they_see(skewed):
    assert sizes_of(*skewed) == [(128, 128)] * 2
    wide = np.random.default_rng(0).normal(size=(400, 60))
    assert sizes_of(wide, np.repeat([0, 1], [300, 100])) == [(192, 192)] * 2
    modalities = {"audio": slice(0, 8), "text": slice(8, None)}
    assert sizes_of(*skewed, modalities=modalities) == [(256, 256)] * 2
    given = sizes_of(*skewed, critic_hidden_layer_sizes=[7, 5])
    assert given == [(128, 128), (7, 5)]


@pytest.mark.parametrize("sizes", ["wide", (), (0,)])
def test_other_sizes_are_refused(skewed, sizes):
    with pytest.raises(ValueError, match="generator_hidden_layer_sizes"):
        sizes_of(*skewed, generator_hidden_layer_sizes=sizes)
