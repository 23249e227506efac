"""The loop: what it learns, when it stops, how it recovers and continues."""

import signal
from dataclasses import dataclass, field

import pytest
import torch

from skmiaug.exceptions import TrainingDivergedError
from skmiaug.losses import categorical_information
from skmiaug.training import EarlyStopping, TrainingEvents, train_gan
from tests.training._toy import (
    FEATURES,
    LN2,
    generated,
    same,
    toy_batches,
    toy_players,
    toy_weights,
)


@pytest.fixture(autouse=True)
def usual_ctrl_c():
    """Python's own handler, also where the shell has SIGINT ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def no_score(players):
    return None


def run(
    players, batches, *, max_iter=40, eval_interval=10, patience=99, weights=None, **events
):
    return train_gan(
        players,
        batches,
        weights or toy_weights(),
        max_iter=max_iter,
        eval_interval=eval_interval,
        stopping=EarlyStopping(patience, tol=0.0),
        events=TrainingEvents(**{"evaluate": no_score} | events),
    )


# ---- what it learns


def distance_of_means(players, batches):
    rows, classes = generated(players, batches)
    means = torch.stack([rows[classes == c].mean(dim=0) for c in range(2)])
    return (means - batches.row_means).norm(dim=1)


@pytest.mark.parametrize("information", [0.0, 1.0])
def test_the_residual_finds_the_shift_of_the_real_rows(information):
    players = toy_players(rate=5e-3)
    batches = toy_batches(shift=(0.0, 1.5, -1.5, 0.0))
    assert (distance_of_means(players, batches) > 2).all()
    run(
        players,
        batches,
        max_iter=150,
        weights=toy_weights(information=information, leash=0.01),
    )
    assert (distance_of_means(players, batches) < 1.6).all()


def test_a_short_leash_keeps_the_start():
    players = toy_players(rate=5e-3)
    batches = toy_batches(shift=(0.0, 1.5, -1.5, 0.0))
    run(players, batches, max_iter=100, weights=toy_weights(leash=1000.0))
    assert (distance_of_means(players, batches) > 2).all()


def told_after_training(information, seed):
    """I(c; x) of rows whose starts tell nothing, by the posterior of the real rows."""
    players = toy_players(rate=5e-3, seed=seed)
    batches = toy_batches(apart=4.0, seed=seed)
    batches.means = torch.zeros(2, FEATURES)
    weights = toy_weights(information=information, leash=0.01)
    run(players, batches, max_iter=50, weights=weights)
    rows, classes = generated(players, batches)
    posterior = -0.5 * torch.cdist(rows, batches.row_means).square()
    return categorical_information(posterior, classes, LN2).item()


def test_the_information_term_makes_rows_tell_their_class_sooner():
    without = [told_after_training(0.0, seed) for seed in range(3)]
    with_term = [told_after_training(2.0, seed) for seed in range(3)]
    assert min(with_term) > 0.6
    assert sum(with_term) > sum(without)


# ---- looks, record and stopping


def test_the_record_holds_a_mean_for_each_look():
    seen = []
    players = toy_players()
    record = run(
        players,
        toy_batches(),
        max_iter=25,
        evaluate=lambda players: 0.5,
        on_check=lambda record: seen.append(record.n_iter),
    )
    assert record.iterations == seen == [10, 20, 25]
    assert record.n_iter == 25
    assert record.stop_reason == "max_iter"
    assert record.validation_scores == [0.5] * 3
    for curve in (record.critic_loss, record.generator_loss, record.information):
        assert len(curve) == 3


def test_a_look_shows_the_mean_since_the_last_one():
    def curve(eval_interval):
        record = run(toy_players(), toy_batches(), max_iter=20, eval_interval=eval_interval)
        return torch.tensor(record.critic_loss)

    each = curve(1)
    torch.testing.assert_close(curve(10), each.reshape(2, 10).mean(dim=1))


def test_no_step_leaves_the_start():
    players = toy_players()
    record = run(players, toy_batches(), max_iter=0)
    assert (record.n_iter, record.best_iter, record.stop_reason) == (0, 0, "max_iter")
    assert same(players.snapshot(), toy_players().snapshot())


def test_the_weights_of_the_best_look_are_kept():
    scores = iter([0.0, 1.0, 3.0, 2.0, 2.5])
    shown = {}

    def evaluate(players):
        score = next(scores)
        shown[score] = players.snapshot()
        return score

    players = toy_players()
    record = run(players, toy_batches(), evaluate=evaluate)
    assert record.best_iter == 20
    assert same(players.snapshot(), shown[3.0])


def test_the_start_is_kept_when_training_earns_nothing():
    scores = iter([1.0, 0.9, 0.8, 0.7])
    players = toy_players()
    record = run(players, toy_batches(), patience=3, evaluate=lambda players: next(scores))
    assert record.best_iter == 0
    assert record.stop_reason == "early_stopping"
    assert record.n_iter == 30
    start, untrained = players.generator.state_dict(), toy_players().generator.state_dict()
    assert same(start, untrained)


def critic_of(snapshot):
    return {name: t for name, t in snapshot.items() if name.startswith("critic.")}


def worse_and_worse():
    scores = iter(range(0, -99, -1))
    return lambda players: float(next(scores))


def test_beside_the_start_the_last_good_critic_is_kept():
    # It ranks draws of the start too, and an untrained one would do so at random.
    players, at_looks = toy_players(), []
    run(
        players,
        toy_batches(),
        evaluate=worse_and_worse(),
        on_check=lambda record: at_looks.append(players.snapshot()),
    )
    assert same(critic_of(players.snapshot()), critic_of(at_looks[-1]))
    untrained = critic_of(toy_players().snapshot())
    assert not any(torch.equal(t, players.snapshot()[n]) for n, t in untrained.items())


def test_a_spoilt_critic_is_not_kept_beside_the_start():
    players = toy_players()
    poison = Poison(players, after=(3,))
    record = run(players, toy_batches(), evaluate=worse_and_worse(), on_check=poison)
    assert (record.n_rollbacks, record.best_iter) == (1, 0)
    assert same(critic_of(players.snapshot()), critic_of(poison.seen[2]))


def test_without_a_held_out_measure_the_last_weights_are_kept():
    players, twin = toy_players(), toy_players()
    record = run(players, toy_batches(), patience=1)
    assert (record.best_iter, record.stop_reason) == (40, "max_iter")
    run(twin, toy_batches(), eval_interval=40)
    assert same(players.snapshot(), twin.snapshot())


def test_a_callback_ends_training():
    record = run(toy_players(), toy_batches(), on_check=lambda record: record.n_iter == 20)
    assert (record.n_iter, record.stop_reason) == (20, "callback")


@pytest.mark.parametrize("eval_interval", [1, 7])
def test_looks_do_not_change_the_training(eval_interval):
    often, once = toy_players(), toy_players()
    run(often, toy_batches(), eval_interval=eval_interval)
    run(once, toy_batches(), eval_interval=40)
    assert same(often.snapshot(), once.snapshot())


# ---- divergence


def spoil(players):
    with torch.no_grad():
        players.generator.leave.bias[0] = float("nan")


@dataclass
class Poison:
    """Spoils a weight after given looks, as a step that overshoots would."""

    players: object
    after: tuple[int, ...]
    looks: int = 0
    seen: list = field(default_factory=list)

    def __call__(self, record):
        self.looks += 1
        self.seen.append(self.players.snapshot())
        if self.looks in self.after:
            spoil(self.players)
        return False


def rates(players):
    return [g["lr"] for _, o in players.optimizers() for g in o.param_groups]


def test_a_loss_that_is_not_finite_takes_the_last_good_weights_back():
    players = toy_players(rate=1e-3)
    poison = Poison(players, after=(2,))
    record = run(players, toy_batches(), max_iter=30, on_check=poison)
    assert record.n_rollbacks == 1
    assert record.iterations == [10, 20]
    assert rates(players) == pytest.approx([1e-4, 1e-4])
    assert same(players.snapshot(), poison.seen[1])


def test_training_goes_on_after_a_rollback():
    players = toy_players()
    record = run(players, toy_batches(), on_check=Poison(players, after=(1,)))
    assert record.iterations == [10, 30, 40]
    assert record.best_iter == 40
    assert players.are_finite()


def test_the_third_divergence_is_an_error_and_leaves_the_best_weights():
    players = toy_players()
    poison = Poison(players, after=(1, 2, 3))
    with pytest.raises(TrainingDivergedError, match="generator_learning_rate"):
        run(players, toy_batches(), max_iter=100, on_check=poison)
    assert players.are_finite()
    assert same(players.snapshot(), poison.seen[2])


@pytest.mark.parametrize("evaluate", [no_score, lambda players: 0.0])
def test_weights_spoilt_by_the_very_last_step_are_not_kept(evaluate):
    # Its loss was taken before the update: only the weights show it.
    players = toy_players(rate=float("inf"))
    record = run(players, toy_batches(), max_iter=1, eval_interval=1, evaluate=evaluate)
    assert (record.n_rollbacks, record.best_iter) == (1, 0)
    start, untrained = players.generator.state_dict(), toy_players().generator.state_dict()
    assert same(start, untrained)


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


def scorer():
    """A score that rises and falls with the weights alone."""

    def evaluate(players):
        return float(players.generator.leave.bias.detach().sum().sin())

    return evaluate


def assert_same_end(one, other):
    (players, record), (other_players, other_record) = one, other
    assert record == other_record
    assert same(players.snapshot(), other_players.snapshot())


@pytest.fixture(scope="module")
def uninterrupted():
    players = toy_players()
    return players, run(players, toy_batches(), evaluate=scorer())


@pytest.mark.parametrize("stop", [10, 20, 30])
def test_resumed_at_a_look_it_ends_as_if_never_interrupted(uninterrupted, stop):
    checkpoint = FakeCheckpoint()
    events = {"evaluate": scorer(), "checkpoint": checkpoint}
    run(toy_players(), toy_batches(), on_check=lambda r: r.n_iter == stop, **events)
    # Whatever the new players and batches were seeded with: the state is on the disk.
    players = toy_players(seed=8)
    record = run(players, toy_batches(seed=8), **events)
    assert_same_end((players, record), uninterrupted)


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


def interrupted(n):
    """Batches during the n-th of which Ctrl-C arrives."""
    return Disturbed(toy_batches(), n, lambda: signal.raise_signal(signal.SIGINT))


@pytest.mark.parametrize("n", [14, 40])
def test_resumed_after_ctrl_c_the_critic_beside_the_start_is_the_same(n):
    def going_down():
        # 1 for the start alone, whose residual is zero.
        return lambda players: float(not players.generator.leave.bias.detach().any())

    in_one_go = toy_players()
    record = run(in_one_go, toy_batches(), evaluate=going_down())
    assert record.best_iter == 0
    events = {"evaluate": going_down(), "checkpoint": FakeCheckpoint()}
    with pytest.raises(KeyboardInterrupt):
        run(toy_players(), interrupted(n), **events)
    players = toy_players(seed=8)
    resumed = run(players, toy_batches(seed=8), **events)
    assert_same_end((players, resumed), (in_one_go, record))


@pytest.mark.parametrize("n", [1, 10, 14])
def test_resumed_after_ctrl_c_it_ends_as_if_never_interrupted(uninterrupted, n):
    checkpoint = FakeCheckpoint()
    events = {"evaluate": scorer(), "checkpoint": checkpoint}
    with pytest.raises(KeyboardInterrupt):
        run(toy_players(), interrupted(n), **events)
    assert checkpoint.content[0]["record"]["n_iter"] == n
    players = toy_players(seed=8)
    record = run(players, toy_batches(seed=8), **events)
    assert_same_end((players, record), uninterrupted)


def test_resumed_between_looks_it_falls_back_on_the_same_weights():
    # A weight is spoilt in step 16: back to those of step 10, with or without a stop at 14.
    def spoilt_in_step(players, n):
        return Disturbed(toy_batches(), n, lambda: spoil(players))

    players = toy_players()
    whole = players, run(players, spoilt_in_step(players, 16))
    assert whole[1].n_rollbacks == 1

    checkpoint = FakeCheckpoint()
    with pytest.raises(KeyboardInterrupt):
        run(toy_players(), interrupted(14), checkpoint=checkpoint)
    players = toy_players(seed=8)
    record = run(players, spoilt_in_step(players, 2), checkpoint=checkpoint)
    assert_same_end((players, record), whole)


def test_the_state_is_written_at_each_look():
    checkpoint = FakeCheckpoint()
    run(toy_players(), toy_batches(), checkpoint=checkpoint, seed=77)
    header, arrays = checkpoint.content
    assert checkpoint.n_writes == 4
    assert header["seed"] == 77
    assert {"rng", "sums", "now.generator.leave.bias", "best.critic.heads.bias"} <= set(
        arrays
    )
