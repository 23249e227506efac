"""The loop: what it learns, when it stops, how it recovers and continues."""

import signal
from dataclasses import dataclass, field

import pytest
import torch

from skmiaug.exceptions import TrainingDivergedError
from skmiaug.losses import categorical_information
from skmiaug.training import EarlyStopping, LoopParameters
from skmiaug.training.gan import heads_step, train_gan
from tests.training._toy import (
    LN2,
    ONE,
    PAIR,
    generated,
    same,
    toy_batches,
    toy_networks,
    toy_weights,
)


@pytest.fixture(autouse=True)
def usual_ctrl_c():
    """Python's own handler, also where the shell has SIGINT ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def no_score(networks):
    return None


def run(
    networks, batches, *, max_iter=40, eval_interval=10, patience=99, weights=None, **events
):
    return train_gan(
        networks,
        batches,
        weights or toy_weights(),
        LoopParameters(
            max_iter=max_iter,
            eval_interval=eval_interval,
            stopping=EarlyStopping(patience, tol=0.0),
            **{"evaluate": no_score} | events,
        ),
    )


def part(name, snapshot):
    return {n: tensor for n, tensor in snapshot.items() if n.startswith(f"{name}.")}


def untrained(name, layout=ONE):
    return part(name, toy_networks(layout).snapshot())


# ---- what it learns


def distance_of_means(networks, batches):
    samples, classes = generated(networks, batches)
    means = torch.stack([samples[classes == c].mean(dim=0) for c in range(2)])
    return (means - batches.row_means).norm(dim=1)


@pytest.mark.parametrize("information", [0.0, 1.0])
def test_the_residual_finds_the_shift_of_the_real_rows(information):
    networks = toy_networks(rate=5e-3)
    batches = toy_batches(shift=(0.0, 1.5, -1.5, 0.0))
    assert (distance_of_means(networks, batches) > 2).all()
    weights = toy_weights(information=information, penalty=0.01)
    run(networks, batches, max_iter=250, weights=weights)
    assert (distance_of_means(networks, batches) < 1.6).all()


def test_a_large_penalty_keeps_the_prior():
    networks = toy_networks(rate=5e-3)
    batches = toy_batches(shift=(0.0, 1.5, -1.5, 0.0))
    run(networks, batches, max_iter=100, weights=toy_weights(penalty=1000.0))
    assert (distance_of_means(networks, batches) > 2).all()


def information_after_training(mi_weight, seed):
    """I(c; x) by the posterior of the real rows, from a prior that holds nothing of c."""
    networks = toy_networks(rate=5e-3, seed=seed)
    batches = toy_batches(apart=4.0, seed=seed, shrunken=0.0)
    weights = toy_weights(information=mi_weight, penalty=0.01)
    run(networks, batches, max_iter=50, weights=weights)
    samples, classes = generated(networks, batches)
    posterior = -0.5 * torch.cdist(samples, batches.row_means).square()
    return categorical_information(posterior, classes, LN2).item()


def test_with_the_information_term_samples_inform_on_their_class_sooner():
    without = [information_after_training(0.0, seed) for seed in range(3)]
    with_term = [information_after_training(2.0, seed) for seed in range(3)]
    assert min(with_term) > 0.5
    assert sum(with_term) > sum(without)


@pytest.mark.parametrize("information", [0.0, 1.0])
def test_heads_are_trained_first_where_they_are_used(monkeypatch, information):
    steps = []

    def counted(*args):
        steps.append(args)
        return heads_step(*args)

    monkeypatch.setattr("skmiaug.training.gan._loop.heads_step", counted)
    networks, weights = toy_networks(PAIR), toy_weights(information=information)
    record = run(networks, toy_batches(PAIR), weights=weights, max_iter=10)
    assert bool(steps) == bool(information)
    changed = not same(part("heads", networks.snapshot()), untrained("heads", PAIR))
    assert changed == bool(information)
    assert len(record.pair_information) == 1


# ---- validation checks, record and stopping


def test_the_record_holds_a_mean_for_each_check():
    seen = []
    record = run(
        toy_networks(),
        toy_batches(),
        max_iter=25,
        evaluate=lambda networks: 0.5,
        on_check=lambda record: seen.append(record.n_iter),
    )
    assert record.iterations == seen == [10, 20, 25]
    assert record.n_iter == 25
    assert record.validation_scores == [0.5] * 3
    for figure in record.figures():
        assert len(getattr(record, figure)) == 3


def test_a_check_shows_the_mean_since_the_last_one():
    def curve(eval_interval):
        record = run(
            toy_networks(), toy_batches(), max_iter=20, eval_interval=eval_interval
        )
        return torch.tensor(record.critic_loss)

    each = curve(1)
    torch.testing.assert_close(curve(10), each.reshape(2, 10).mean(dim=1))


def test_a_callback_ends_training():
    record = run(toy_networks(), toy_batches(), on_check=lambda record: record.n_iter == 20)
    assert record.n_iter == 20


def test_no_step_leaves_the_networks_untrained():
    networks = toy_networks(PAIR)
    record = run(networks, toy_batches(PAIR), max_iter=0)
    assert (record.n_iter, record.best_iter) == (0, 0)
    assert same(networks.snapshot(), toy_networks(PAIR).snapshot())


def test_the_weights_of_the_best_check_are_kept():
    scores = iter([0.0, 1.0, 3.0, 2.0, 2.5])
    shown = {}

    def evaluate(networks):
        score = next(scores)
        shown[score] = networks.snapshot()
        return score

    networks = toy_networks()
    record = run(networks, toy_batches(), evaluate=evaluate)
    assert record.best_iter == 20
    assert same(networks.snapshot(), shown[3.0])


def worse_and_worse():
    scores = iter(range(0, -99, -1))
    return lambda networks: float(next(scores))


def test_the_untrained_generator_and_the_last_critic_are_kept_where_no_score_rises():
    # The critic ranks prior samples too, and an untrained one would do so at random.
    networks, at_checks = toy_networks(), []
    record = run(
        networks,
        toy_batches(),
        patience=3,
        evaluate=worse_and_worse(),
        on_check=lambda record: at_checks.append(networks.snapshot()),
    )
    assert (record.best_iter, record.n_iter) == (0, 30)
    kept = networks.snapshot()
    start = networks.generator.state_dict()
    assert same(start, toy_networks().generator.state_dict())
    assert same(part("critic", kept), part("critic", at_checks[-1]))
    assert not any(torch.equal(t, kept[n]) for n, t in untrained("critic").items())


def test_without_a_score_the_last_weights_are_kept():
    networks, twin = toy_networks(), toy_networks()
    record = run(networks, toy_batches(), patience=1)
    assert record.best_iter == record.n_iter == 40
    # Checks do not change the training.
    run(twin, toy_batches(), eval_interval=40)
    assert same(networks.snapshot(), twin.snapshot())


# ---- divergence


def spoil(networks):
    with torch.no_grad():
        networks.generator.leave.bias[0] = float("nan")


@dataclass
class Poison:
    """Spoils a weight after given checks, as a step that overshoots would."""

    networks: object
    after: tuple[int, ...]
    checks: int = 0
    seen: list = field(default_factory=list)

    def __call__(self, record):
        self.checks += 1
        self.seen.append(self.networks.snapshot())
        if self.checks in self.after:
            spoil(self.networks)
        return False


def rates(networks):
    return [g["lr"] for _, o in networks.optimizers() for g in o.param_groups]


@pytest.mark.parametrize("layout", [ONE, PAIR])
def test_a_loss_that_is_not_finite_restores_the_last_good_weights(layout):
    networks = toy_networks(layout, rate=1e-3)
    poison, before = Poison(networks, after=(2,)), rates(networks)
    record = run(networks, toy_batches(layout), max_iter=30, on_check=poison)
    assert record.n_rollbacks == 1
    assert record.iterations == [10, 20]
    assert rates(networks) == pytest.approx([0.1 * rate for rate in before])
    assert same(networks.snapshot(), poison.seen[1])


def test_a_spoilt_critic_is_not_kept_with_the_untrained_generator():
    networks = toy_networks()
    poison = Poison(networks, after=(3,))
    record = run(networks, toy_batches(), evaluate=worse_and_worse(), on_check=poison)
    assert (record.n_rollbacks, record.best_iter) == (1, 0)
    kept = networks.snapshot()
    assert same(part("critic", kept), part("critic", poison.seen[2]))


def test_the_third_divergence_is_an_error_and_leaves_the_best_weights():
    networks = toy_networks()
    poison = Poison(networks, after=(1, 2, 3))
    with pytest.raises(TrainingDivergedError, match="generator_learning_rate"):
        run(networks, toy_batches(), max_iter=100, on_check=poison)
    assert networks.are_finite()
    assert same(networks.snapshot(), poison.seen[2])


@pytest.mark.parametrize("evaluate", [no_score, lambda networks: 0.0])
def test_weights_spoilt_by_the_very_last_step_are_not_kept(evaluate):
    # Its loss was taken before the update: only the weights show it.
    networks = toy_networks(rate=float("inf"))
    record = run(networks, toy_batches(), max_iter=1, eval_interval=1, evaluate=evaluate)
    assert (record.n_rollbacks, record.best_iter) == (1, 0)
    assert same(networks.generator.state_dict(), toy_networks().generator.state_dict())


# ---- checkpoints


@dataclass
class FakeCheckpoint:
    """Keeps in memory what the loop writes."""

    content: tuple | None = None
    n_writes: int = 0

    def exists(self):
        return self.content is not None

    def read(self):
        return self.content

    def write(self, header, arrays):
        self.content = header, dict(arrays)
        self.n_writes += 1


def up_and_down(networks):
    """A score that rises and falls with the weights alone."""
    return float(networks.generator.leave.bias.detach().sum().sin())


def best_untrained(networks):
    """1 for the untrained generator, whose residual is zero, and 0 for any other."""
    return float(not networks.generator.leave.bias.detach().any())


class Disturbed:
    """Batches that do something else too when the n-th is drawn."""

    def __init__(self, batches, n, act):
        self.batches, self.n, self.act, self.n_drawn = batches, n, act, 0

    def __getattr__(self, name):
        return getattr(self.batches, name)

    def draw(self):
        self.n_drawn += 1
        if self.n_drawn == self.n:
            self.act()
        return self.batches.draw()


def interrupted(n, layout=ONE):
    """Batches during the n-th of which Ctrl-C arrives."""
    return Disturbed(toy_batches(layout), n, lambda: signal.raise_signal(signal.SIGINT))


@pytest.fixture(scope="module")
def uninterrupted():
    found = {}
    for layout, score in ((ONE, up_and_down), (PAIR, up_and_down), (ONE, best_untrained)):
        networks = toy_networks(layout)
        record = run(networks, toy_batches(layout), evaluate=score)
        found[layout, score] = networks.snapshot(), record
    assert found[ONE, best_untrained][1].best_iter == 0
    return found


# During the first step, at a check, between two, and at the end.
@pytest.mark.parametrize(
    ("layout", "score", "n"),
    [
        *((ONE, up_and_down, n) for n in (1, 10, 14)),
        *((ONE, best_untrained, n) for n in (14, 40)),
        (PAIR, up_and_down, 14),
    ],
)
def test_resumed_after_ctrl_c_it_ends_as_if_never_interrupted(
    uninterrupted, layout, score, n
):
    events = {"evaluate": score, "checkpoint": FakeCheckpoint()}
    with pytest.raises(KeyboardInterrupt):
        run(toy_networks(layout), interrupted(n, layout), **events)
    assert events["checkpoint"].content[0]["record"]["n_iter"] == n
    # Whatever the new networks and batches were seeded with: the state is on the disk.
    networks = toy_networks(layout, seed=8)
    record = run(networks, toy_batches(layout, seed=8), **events)
    snapshot, expected = uninterrupted[layout, score]
    assert record == expected
    assert same(networks.snapshot(), snapshot)


def test_resumed_between_checks_it_falls_back_on_the_same_weights():
    # A weight is spoilt in step 16: back to those of step 10, with or without a stop at 14.
    def spoilt_in_step(networks, n):
        return Disturbed(toy_batches(), n, lambda: spoil(networks))

    whole = toy_networks()
    expected = run(whole, spoilt_in_step(whole, 16))
    assert expected.n_rollbacks == 1

    checkpoint = FakeCheckpoint()
    with pytest.raises(KeyboardInterrupt):
        run(toy_networks(), interrupted(14), checkpoint=checkpoint)
    networks = toy_networks(seed=8)
    assert run(networks, spoilt_in_step(networks, 2), checkpoint=checkpoint) == expected
    assert same(networks.snapshot(), whole.snapshot())


def test_the_state_is_written_at_each_check():
    checkpoint = FakeCheckpoint()
    run(toy_networks(), toy_batches(), checkpoint=checkpoint, seed=77)
    header, arrays = checkpoint.content
    assert checkpoint.n_writes == 4
    assert header["seed"] == 77
    names = {"rng", "sums", "now.generator.leave.bias", "best.critic.heads.bias"}
    assert names <= set(arrays)
