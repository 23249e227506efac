"""A stack of models trains each as it would have trained alone."""

import signal

import pytest
import torch

from skmiaug.training import EarlyStopping, LoopParameters
from skmiaug.training.gan import (
    StackBatches,
    StackedModel,
    stack_networks,
    train_gan,
    train_gan_stack,
)
from tests.training._toy import same, toy_batches, toy_networks, toy_weights

MI_WEIGHTS, SHIFTS, SEEDS = (0.0, 1.0, 3.0), (0.0, 0.5, -0.5), (0, 0, 1)


def staged(*scores):
    """A score that takes these values one after another."""
    values = iter(scores)
    return lambda networks: next(values)


def no_score():
    return lambda networks: None


def trained_together(scores, patience=2, **how):
    models = [
        StackedModel(toy_networks(seed=k), score, EarlyStopping(patience, 0.0))
        for k, score in enumerate(scores)
    ]
    single = [toy_batches(seed=s, shift=d) for s, d in zip(SEEDS, SHIFTS, strict=True)]
    weights, mi_weights = toy_weights(), torch.tensor(MI_WEIGHTS)
    how = {"max_iter": 23, "eval_interval": 5} | how
    train_gan_stack(models, StackBatches(single, SEEDS), weights, mi_weights, **how)
    return models


def trained_alone(k, score, patience=2):
    networks = toy_networks(seed=k)
    record = train_gan(
        networks,
        toy_batches(seed=SEEDS[k], shift=SHIFTS[k]),
        toy_weights(information=MI_WEIGHTS[k]),
        LoopParameters(
            max_iter=23,
            eval_interval=5,
            stopping=EarlyStopping(patience, 0.0),
            evaluate=score,
        ),
    )
    return networks, record


SCORES = [
    lambda: [no_score() for _ in range(3)],
    # The first keeps step 5, the second ends at step 15 with step 5, the third is best
    # before training.
    lambda: [
        staged(0.0, 2.0, 1.0, 3.0, 1.0, 1.0),
        staged(0.0, 1.0, 0.5, 0.4),
        staged(9.0, 1.0, 1.0),
    ],
]


@pytest.mark.parametrize("scores", SCORES)
def test_each_model_ends_as_alone(scores):
    for k, model in enumerate(trained_together(scores())):
        networks, record = trained_alone(k, scores()[k])
        for name, tensor in networks.generator.state_dict().items():
            found = model.model.generator.state_dict()[name]
            torch.testing.assert_close(found, tensor, rtol=1e-3, atol=1e-4)
        for name, tensor in networks.critic.state_dict().items():
            # What is added to all scores has no gradient but rounding.
            if name != "heads.bias":
                found = model.model.critic.state_dict()[name]
                torch.testing.assert_close(found, tensor, rtol=1e-3, atol=1e-3)
        found = model.record
        assert found.iterations == record.iterations
        assert found.validation_scores == record.validation_scores
        assert (found.n_iter, found.best_iter) == (record.n_iter, record.best_iter)
        for figure in found.figures():
            expected = pytest.approx(getattr(record, figure), rel=1e-3, abs=1e-3)
            assert getattr(found, figure) == expected


def test_models_that_stop_leave_the_stack():
    seen = []
    scores = [no_score(), staged(1.0, 0.0), staged(1.0, 0.0)]
    models = trained_together(scores, patience=1, on_check=lambda *s: seen.append(s))
    assert seen == [(5, 1), (10, 1), (15, 1), (20, 1), (23, 1)]
    assert [model.record.n_iter for model in models] == [23, 5, 5]


def test_ctrl_c_ends_training_after_a_step():
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    seen = []

    def stop(step, n_active):
        seen.append(step)
        signal.raise_signal(signal.SIGINT)

    try:
        with pytest.raises(KeyboardInterrupt):
            trained_together([no_score() for _ in range(3)], on_check=stop)
    finally:
        signal.signal(signal.SIGINT, former)
    assert seen == [5]


def test_a_model_that_diverges_leaves_the_others_alone():
    bad = trained_together([no_score(), staged(0.0, float("nan")), no_score()])
    good = trained_together([no_score() for _ in range(3)])
    assert [model.diverged for model in bad] == [False, True, False]
    for k in (0, 2):
        for one, other in zip(
            bad[k].model.snapshot().values(),
            good[k].model.snapshot().values(),
            strict=True,
        ):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def test_a_stack_finds_the_models_that_are_not_finite_and_keeps_others():
    single = [toy_networks(seed=k) for k in range(3)]
    stack = stack_networks(single)
    with torch.no_grad():
        stack.critic.heads.weight[1, 0, 0] = torch.inf
    assert stack.finite_models().tolist() == [True, False, True]
    stack.keep(torch.tensor([0, 2]))
    assert stack.finite_models().tolist() == [True, True]
    receiver = toy_networks(seed=9)
    stack.load_into(receiver, 1)
    assert same(receiver.snapshot(), single[2].snapshot())
