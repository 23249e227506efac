"""What parameters left to "auto" come to."""

import numpy as np
import pytest
from skmiaug.over_sampling._joint_settings import share_components
from skmiaug.over_sampling._settings import resolve_width

import skmiaug
from skmiaug import MIGANAugmenter


@pytest.mark.parametrize(
    ("n_components", "width"),
    [(1, 128), (42, 128), (43, 160), (47, 160), (64, 192), (75, 256), (512, 256)],
)
def test_networks_are_as_wide_as_the_directions_they_see(n_components, width):
    assert resolve_width(n_components) == width


def quick(**changes):
    return MIGANAugmenter(max_iter=2, random_state=0, device="cpu").set_params(**changes)


def sizes(augmenter):
    networks = augmenter._sampler.generator, augmenter._sampler.critic
    return [network.hidden_layer_sizes for network in networks]


def test_auto_sizes_are_two_equal_layers(skewed):
    assert sizes(quick().fit(*skewed)) == [(128, 128), (128, 128)]
    wide = np.random.default_rng(0).normal(size=(400, 60))
    y = np.repeat([0, 1], [300, 100])
    assert sizes(quick().fit(wide, y)) == [(192, 192), (192, 192)]


def test_one_network_may_be_given_sizes(skewed):
    fitted = quick(critic_hidden_layer_sizes=[7, 5]).fit(*skewed)
    assert sizes(fitted) == [(128, 128), (7, 5)]


def test_modalities_keep_the_widest(skewed):
    modalities = {"audio": slice(0, 8), "text": slice(8, None)}
    fitted = quick(modalities=modalities).fit(*skewed)
    assert sizes(fitted) == [(256, 256), (256, 256)]


@pytest.mark.parametrize(
    ("n_components", "widths", "seen"),
    [
        ("auto", (768, 384), (66, 33)),
        # All of a narrow modality is seen, however wide the other is.
        ("auto", (768, 5), (98, 5)),
        ("auto", (768, 20), (96, 8)),
        (30, (768, 384), (20, 10)),
        (30, (768, 5), (30, 1)),
    ],
)
def test_modalities_share_the_directions_by_columns(n_components, widths, seen):
    assert share_components(n_components, 400, 4, widths) == seen


@pytest.mark.parametrize("later", [{}, {"generator_hidden_layer_sizes": (3,)}])
def test_networks_are_saved_as_they_were_fitted(skewed, tmp_path, later):
    fitted = quick().fit(*skewed)
    expected, _ = fitted.sample(9)
    skmiaug.save(fitted.set_params(**later), tmp_path / "fitted.skmiaug")
    loaded = skmiaug.load(tmp_path / "fitted.skmiaug")
    assert sizes(loaded) == [(128, 128), (128, 128)]
    np.testing.assert_array_equal(loaded.sample(9)[0], expected)
    assert loaded.get_params()["critic_hidden_layer_sizes"] == "auto"


def test_a_wrong_word_for_sizes_is_refused(skewed):
    with pytest.raises(ValueError, match="'auto'"):
        quick(generator_hidden_layer_sizes="wide").fit(*skewed)
