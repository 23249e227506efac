"""How modalities go together: what holds on left-out rows is kept, and chance is not."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skmiaug.over_sampling._class_gaussian import fit_class_gaussian, means_by_class
from skmiaug.over_sampling._coherence import (
    Deviations,
    cross_validated_coherence,
    draw_folds,
    fit_coherence,
)
from skmiaug.over_sampling._joint_rows import prepare_joint_rows
from skmiaug.over_sampling._joint_start import JointStart


def deviations_of(rows, classes, n_classes, whole=None):
    """Deviations of the ``whole`` rows (all) of one modality, and its Gaussian."""
    whole = np.ones(len(rows), dtype=bool) if whole is None else whole
    rows = rows.astype(np.float32)
    gaussian = fit_class_gaussian(rows, classes, n_classes)
    U = gaussian.whiten_in_place(rows.copy())[whole]
    means = means_by_class(U, classes[whole], n_classes)
    counts = np.bincount(classes, minlength=n_classes)
    return Deviations.of(U, means, classes[whole], counts, gaussian), gaussian


def information(C, n_first) -> float:
    """What the first coordinates say of the others, nats."""
    held = np.linalg.svd(C[:n_first, n_first:].astype(float), compute_uv=False)
    return float(-0.5 * np.log1p(-(held**2)).sum())


@pytest.mark.parametrize("n_without", [0, 25])
def test_the_covariance_without_a_fold_is_that_of_the_other_rows(n_without):
    rng = np.random.default_rng(0)
    n, d, n_classes = 90, 12, 3
    classes = np.arange(n) % n_classes
    rows = (rng.normal(size=(n, d)) @ rng.normal(size=(d, d))).astype(np.float32)
    whole = np.arange(n) >= n_without
    part, gaussian = deviations_of(rows, classes, n_classes, whole)
    fold = draw_folds(classes[whole], rng) == 2
    L = part.factor_without(classes[whole], fold)

    kept = np.ones(n, dtype=bool)
    kept[np.flatnonzero(whole)[fold]] = False
    U = gaussian.whiten_in_place(rows.copy()).astype(float)
    U = U[kept] - means_by_class(U[kept], classes[kept], n_classes)[classes[kept]]
    own = (1 - part.shrinkage) * U.T @ U / (kept.sum() - n_classes)
    np.testing.assert_allclose(L @ L.T, own + np.diag(part.identity), atol=1e-3)


def test_rows_of_a_fold_lie_apart_from_the_means_of_the_others():
    rng = np.random.default_rng(1)
    classes = np.repeat([0, 1], [12, 7])
    part, gaussian = deviations_of(rng.normal(size=(19, 3)), classes, 2)
    rng = np.random.default_rng(1)
    U = gaussian.whiten_in_place(rng.normal(size=(19, 3)).astype(np.float32))
    fold = draw_folds(classes, rng) == 0
    means = means_by_class(U[~fold], classes[~fold], 2)
    np.testing.assert_allclose(
        part.held_out(classes, fold), U[fold] - means[classes[fold]], atol=1e-4
    )


def test_chance_in_many_columns_and_few_rows_counts_for_nothing(seed):
    rng = np.random.default_rng(seed)
    classes = np.arange(120) % 3
    parts = [deviations_of(rng.normal(size=(120, d)), classes, 3)[0] for d in (100, 60)]
    assert information(fit_coherence(parts, classes, rng), 100) < 0.1


def test_what_goes_together_in_directions_of_small_variance_is_found(seed):
    """Few rows, many columns, as in embeddings; what varies most goes with nothing."""
    rng = np.random.default_rng(seed)
    n, n_audio, n_text = 160, 200, 5
    falling = 0.95 ** np.arange(50)
    audio, text = rng.normal(size=(n, 50)), rng.normal(size=(n, n_text))
    text[:, 1:] = 0.95 * audio[:, 40:44] + np.sqrt(1 - 0.95**2) * text[:, 1:]
    audio = (audio * falling) @ np.linalg.qr(rng.normal(size=(n_audio, 50)))[0].T
    classes = np.arange(n) % 2
    fitted = prepare_joint_rows([audio, text], classes, 2, (36, 5), 0, "gaussian").gaussian
    assert fitted.coherent_sizes == (160, 5)
    true = -0.5 * 4 * np.log(1 - 0.95**2)
    assert information(fitted.coherence, 160) > 0.35 * true
    # Little of it is in the directions that the networks see.
    seen = fitted.coherence[np.ix_(fitted.seen(), fitted.seen())]
    assert information(seen, 36) < 0.25 * true


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 100))
def test_no_class_lies_in_one_fold_alone(counts, seed):
    classes = np.repeat(np.arange(len(counts)), counts)
    folds = draw_folds(classes, np.random.default_rng(seed))
    for c, n in enumerate(counts):
        own = folds[classes == c]
        if n == 1:
            assert own == [-1]
        else:
            assert len(set(own)) == min(n, 5)


def test_classes_of_one_row_say_nothing():
    rng = np.random.default_rng(0)
    classes = np.arange(4)
    one, other = (deviations_of(rng.normal(size=(4, d)), classes, 4)[0] for d in (3, 2))
    folds = draw_folds(classes, rng)
    assert (cross_validated_coherence(one, other, classes, folds) == 0).all()


def test_columns_that_are_copies_or_constant_do_no_harm(seed):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(80, 3))
    audio = np.hstack([shared, shared, np.zeros((80, 2)), 1e-8 * shared])
    classes = np.arange(80) % 2
    fitted = prepare_joint_rows([audio, shared], classes, 2, (3, 3), 0, "auto").gaussian
    assert np.isfinite(fitted.factor).all()
    assert information(fitted.coherence, audio.shape[1]) > 3


def test_draws_of_three_modalities_go_together_as_they_should():
    rng = np.random.default_rng(0)
    common = rng.normal(size=(500, 4))
    parts = [
        np.hstack([common + rng.normal(size=common.shape), rng.normal(size=(500, extra))])
        for extra in (6, 3, 2)
    ]
    parts = [part.astype(np.float32) for part in parts]
    classes = np.arange(500) % 3
    data = prepare_joint_rows(parts, classes, 3, (3, 3, 3), 0, "auto")
    start = JointStart(data.gaussian, 1.0, data.class_begin(), None)
    drawn = start.draw(20_000, 0, {}, torch.Generator().manual_seed(0))
    found = np.corrcoef(np.hstack(drawn), rowvar=False)
    np.testing.assert_allclose(found, data.gaussian.coherence, atol=0.04)
    assert np.abs(data.gaussian.coherence[10:17, 17:]).max() > 0.3
