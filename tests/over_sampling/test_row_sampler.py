"""Drawn rows: what they depend on, their mean, and what rejection keeps."""

import dataclasses

import numpy as np
import pytest
import torch
from skmiaug.over_sampling._class_gaussian import fit_class_gaussian, means_by_class
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._real_rows import pick_rows
from skmiaug.over_sampling._row_sampler import RowSampler

from skmiaug.nn import Critic, ResidualGenerator
from skmiaug.over_sampling import _row_sampler

CPU = torch.device("cpu")
COUNTS, D, COMPONENTS, LATENT = (40, 15, 4), 6, 4, 3


@pytest.fixture(scope="module")
def fitted():
    """A sampler of spread 0.6, with a residual that is not zero."""
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2], COUNTS)
    X = rng.normal(size=(len(classes), D)) @ rng.normal(size=(D, D)) + 3 * classes[:, None]
    scale = ColumnScale.standard(X)
    Z = scale.transform(X)
    gaussian = fit_class_gaussian(Z, classes, 3)
    whitened = gaussian.whiten_in_place(Z)
    deviations = whitened - means_by_class(whitened, classes, 3)[classes]
    torch.manual_seed(0)
    generator = ResidualGenerator(COMPONENTS, 3, LATENT, (8,))
    torch.nn.init.normal_(generator.leave.weight, std=0.3)
    return RowSampler(
        scale=scale,
        gaussian=gaussian,
        generator=generator,
        critic=Critic(COMPONENTS, 3, 2, (8,)),
        n_components=COMPONENTS,
        latent_width=LATENT,
        bandwidth=0.6,
        residual_strength=1.0,
        rejection_rate=0.0,
        row_deviations=deviations.astype(np.float32),
        class_begin=np.array([0, 40, 55, 59]),
    )


def changed(sampler, **fields):
    return dataclasses.replace(sampler, **fields)


def gaussian_alone(sampler, **fields):
    return changed(
        sampler,
        **{"bandwidth": 1.0, "row_deviations": None, "residual_strength": 0.0} | fields,
    )


def draw(sampler, n, c, seed=0):
    out = np.empty((n, D))
    sampler.draw_into(out, c, seed=seed, device=CPU)
    return out


def whitened(sampler, n, c, seed=0):
    """Rows as the networks see them."""
    rows = sampler.draw_whitened(n, c, seed=seed, device=CPU).numpy()
    assert rows.shape == (n, D)
    return rows[:, :COMPONENTS]


# ---- what rows depend on


def test_rows_depend_on_seed_class_and_number_alone(fitted):
    first = draw(fitted, 20, 1)
    draw(fitted, 7, 0)
    torch.rand(3)
    np.testing.assert_array_equal(draw(fitted, 20, 1), first)
    assert not np.allclose(draw(fitted, 20, 1, seed=1), first)
    assert not np.allclose(draw(fitted, 20, 2), first)


def test_the_global_generators_are_left_alone(fitted):
    state, legacy = torch.get_rng_state(), np.random.get_state()[1].copy()
    draw(fitted, 20, 1)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], legacy)


@pytest.mark.parametrize("n_threads", [2, 3])
def test_the_number_of_threads_does_not_change_a_bit_of_the_noise(fitted, n_threads):
    before = torch.get_num_threads()
    rng = [torch.Generator().manual_seed(5) for _ in range(2)]
    one = fitted._start(5000, 0, rng[0])
    try:
        torch.set_num_threads(n_threads)
        other = fitted._start(5000, 0, rng[1])
    finally:
        torch.set_num_threads(before)
    assert torch.equal(one, other)


def test_the_fitted_state_is_not_changed(fitted):
    kept = fitted.row_deviations.copy(), fitted.gaussian.means.copy()
    draw(fitted, 100, 0)
    np.testing.assert_array_equal(fitted.row_deviations, kept[0])
    np.testing.assert_array_equal(fitted.gaussian.means, kept[1])


# ---- mean and spread


@pytest.mark.parametrize("bandwidth", [0.2, 0.8, 1.0])
@pytest.mark.parametrize("n", [2, 50, 20_000])
def test_noise_is_centred_so_that_draws_keep_the_mean(fitted, spread, n):
    sampler = changed(fitted, bandwidth=spread, residual_strength=0.0)
    for c in range(3):
        mean = whitened(sampler, n, c).mean(axis=0, dtype=float)
        target = fitted.gaussian.means[c, :COMPONENTS]
        np.testing.assert_allclose(mean, target, atol=1e-5)


def test_the_mean_in_the_columns_is_that_of_the_class(fitted):
    sampler, gaussian = gaussian_alone(fitted), fitted.gaussian
    standard = gaussian.grand_mean + gaussian.means[1] @ gaussian.colour()
    expected = fitted.scale.center + fitted.scale.scale * standard
    np.testing.assert_allclose(draw(sampler, 300, 1).mean(axis=0), expected, atol=1e-4)


def test_draws_of_spread_one_are_standard_normal_around_the_mean(fitted):
    noise = whitened(gaussian_alone(fitted), 40_000, 0) - fitted.gaussian.means[0, :4]
    np.testing.assert_allclose(np.cov(noise.T), np.eye(4), atol=0.03)
    assert np.mean(noise**4) == pytest.approx(3, abs=0.15)


def test_few_draws_are_as_wide_as_many(fitted):
    # Centring takes a part of the width; it is given back.
    sampler = gaussian_alone(fitted)
    squares = [
        np.square(whitened(sampler, 3, 0, seed=s) - fitted.gaussian.means[0, :4]).mean()
        for s in range(400)
    ]
    assert np.mean(squares) == pytest.approx(1, abs=0.06)


def test_one_row_is_drawn_from_the_whole_distribution(fitted):
    sampler = gaussian_alone(fitted)
    rows = np.concatenate([whitened(sampler, 1, 0, seed=s) for s in range(500)])
    assert rows.std(axis=0).min() > 0.85


def test_a_small_spread_stays_near_the_real_rows(fitted):
    sampler = changed(fitted, bandwidth=0.01, residual_strength=0.0)
    made = whitened(sampler, 40, 0) - fitted.gaussian.means[0, :4]
    real = fitted.row_deviations[:40, :4]
    distance = np.linalg.norm(made[:, None] - real, axis=2).min(axis=1)
    assert distance.max() < 0.2


def test_directions_the_networks_do_not_see_keep_the_gaussian(fitted):
    with_residual = fitted._propose(50, 0, torch.Generator().manual_seed(0))
    without = changed(fitted, residual_strength=0.0)
    alone = without._propose(50, 0, torch.Generator().manual_seed(0))
    assert torch.equal(with_residual[:, COMPONENTS:], alone[:, COMPONENTS:])
    moved = (with_residual - alone)[:, :COMPONENTS].abs()
    assert moved.amax(dim=1).min() > 0


def test_half_the_strength_is_half_the_residual(fitted):
    rows = [
        changed(fitted, residual_strength=s)._propose(
            20, 0, torch.Generator().manual_seed(0)
        )
        for s in (0.0, 0.5, 1.0)
    ]
    torch.testing.assert_close(rows[1], (rows[0] + rows[2]) / 2)


# ---- rows of a class


@pytest.mark.parametrize("n", [1, 15, 16, 100])
def test_each_row_is_picked_as_often_as_any_other(fitted, n):
    for c, (begin, end) in enumerate([(0, 40), (40, 55), (55, 59)]):
        picked = pick_rows(fitted.class_begin, c, n, torch.Generator().manual_seed(n))
        assert picked.min() >= begin
        assert picked.max() < end
        times = torch.bincount(picked - begin, minlength=end - begin)
        assert times.sum() == n
        assert times.max() - times.min() <= 1


def test_rows_are_picked_in_random_order(fitted):
    picked = pick_rows(fitted.class_begin, 0, 80, torch.Generator().manual_seed(0))
    assert not torch.equal(picked[:40], picked[:40].sort().values)
    assert not torch.equal(picked[:40], picked[40:])


# ---- chunks


@pytest.mark.parametrize("n", [9, 10, 11, 20, 33])
def test_every_row_is_filled_across_the_borders_of_chunks(fitted, monkeypatch, n):
    monkeypatch.setattr(_row_sampler, "DRAWN_ROWS", 10)
    out = np.full((n, D), np.nan)
    fitted.draw_into(out, 0, seed=0, device=CPU)
    assert np.isfinite(out).all()
    assert len(np.unique(out.round(9), axis=0)) == n


def test_no_row_is_drawn_twice_in_a_large_number(fitted):
    rows = whitened(gaussian_alone(fitted), 20_000, 0)
    assert len(np.unique(rows, axis=0)) == 20_000


def test_more_rows_than_a_chunk_are_of_one_kind(fitted):
    n = _row_sampler.DRAWN_ROWS + 3000
    rows = draw(fitted, n, 1)
    before, after = rows[: _row_sampler.DRAWN_ROWS], rows[_row_sampler.DRAWN_ROWS :]
    width = rows.std(axis=0)
    np.testing.assert_allclose(
        before.mean(axis=0) / width, after.mean(axis=0) / width, atol=0.1
    )
    np.testing.assert_allclose(after.std(axis=0) / width, 1, atol=0.1)


# ---- rejection


def log_q(sampler, rows, c):
    classes = torch.full((len(rows),), c)
    with torch.no_grad():
        logits = sampler.critic(torch.from_numpy(rows), classes).class_logits
    return torch.log_softmax(logits, dim=1)[:, c].numpy()


@pytest.mark.parametrize("c", range(3))
def test_rejection_keeps_the_draws_most_typical_of_their_class(fitted, c):
    shares = (0.0, 0.3, 0.8)
    typical = [
        log_q(fitted, whitened(changed(fitted, rejection_rate=r), 400, c), c).mean()
        for r in shares
    ]
    assert typical == sorted(typical)
    assert typical[2] > typical[0] + 0.01


@pytest.mark.parametrize("rejection_rate", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("n", [1, 2, 37])
def test_rejection_leaves_as_many_rows_as_asked_for(fitted, rejection, n):
    rows = draw(changed(fitted, rejection_rate=rejection), n, 0)
    assert np.isfinite(rows).all()
    assert len(np.unique(rows, axis=0)) == n


def test_the_kept_are_the_best_of_the_proposed_in_their_order(fitted):
    sampler = changed(fitted, rejection_rate=0.5)
    proposed = sampler._propose(20, 0, torch.Generator().manual_seed(0))
    kept = sampler._draw(10, 0, torch.Generator().manual_seed(0))
    rank = log_q(sampler, proposed[:, :COMPONENTS].detach().numpy(), 0)
    best = np.sort(np.argsort(rank)[10:])
    torch.testing.assert_close(kept, proposed[best])
