"""What each of two processes does, for the tests of ``data_parallel``.

Started as ``python -m tests.over_sampling._processes FOLDER SCENARIO...``; the first
process forks the second, so that both share their imports. "dies" and "hangs" end both.
"""

import os
import pickle
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

from skmiaug.training.gan import _loop as _gan_loop
from tests._helpers import trained

SETTINGS = {
    "even": {"batch_size": 32, "max_iter": 60, "validation_fraction": 0.2},
    "uneven": {"batch_size": 33, "max_iter": 60, "validation_fraction": 0.2},
    "all used": {"batch_size": 64, "max_iter": 30, "residual_penalty": "auto"},
}
MOST_STEPS = 10_000


def rows():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [60, 25, 12])
    return (rng.normal(size=(len(y), 8)) + 0.7 * y[:, None]).astype(np.float32), y


def what_is_fitted(augmenter):
    """All that two fits are compared by."""
    networks = augmenter._generator.generator, augmenter._generator.critic
    return {
        "losses": [augmenter.loss_curve_, augmenter.critic_loss_curve_],
        "information": augmenter.train_mi_curve_,
        "scores": [score for score in augmenter.validation_scores_ if score is not None],
        "chosen": [
            augmenter.n_iter_,
            augmenter.best_iter_,
            augmenter.residual_scale_,
            augmenter.mutual_information_,
        ],
        "weights": [w.numpy() for net in networks for w in net.state_dict().values()],
        "rows": augmenter.sample(50, np.arange(50) % 3)[0],
    }


def shared(**changes):
    return trained(data_parallel=True, **changes)


def error_of(call):
    try:
        call()
    except Exception as error:
        return type(error).__name__, str(error)
    return None


def fits(rank: int, folder: Path) -> dict:
    """Everything that two processes can do without one of them dying."""
    X, y = rows()
    found = {
        name: what_is_fitted(shared(**settings).fit(X, y))
        for name, settings in SETTINGS.items()
    }
    found["no seed"] = what_is_fitted(shared(random_state=None).fit(X, y))["weights"]
    found["resampled"] = shared().fit_resample(X, y)
    # Each has a path of its own: only the first's is to be used.
    path = folder / f"run-{rank}"
    found["interrupted"] = error_of(lambda: interrupted(path, X, y))
    found["written"] = path.exists()
    found["continued"] = what_is_fitted(shared(checkpoint=path, max_iter=60).fit(X, y))
    found["left"] = path.exists()
    found["other rows"] = error_of(lambda: shared().fit(X + rank, y))
    found["fewer rows"] = error_of(lambda: shared().fit(X[rank:], y[rank:]))
    found["tiny batch"] = error_of(lambda: shared(batch_size=1).fit(X, y))
    # The file is bad for the first alone, and both are to know.
    (folder / "bad-0").mkdir(exist_ok=True)
    bad = shared(checkpoint=folder / f"bad-{rank}")
    found["bad file"] = error_of(lambda: bad.fit(X, y))
    return found


def interrupted(path, X, y):
    """Train until the steps fail, behind the first look and its checkpoint."""
    with failing_steps(30):
        shared(checkpoint=path, max_iter=60).fit(X, y)


class failing_steps:
    """Make a step fail after so many, or do something else then."""

    def __init__(self, after, act=None):
        self.left, self.act, self.step = after, act, _gan_loop.gan_step

    def __enter__(self):
        _gan_loop.gan_step = self

    def __exit__(self, *exc_info):
        _gan_loop.gan_step = self.step

    def __call__(self, *args):
        self.left -= 1
        if self.left < 0:
            if self.act is None:
                raise ValueError("enough")
            self.act()
        return self.step(*args)


def bereft(rank: int, act) -> dict:
    """Return the error of the first process, and its time, after ``act`` of the second."""
    X, y = rows()
    start = time.monotonic()
    augmenter = shared(max_iter=MOST_STEPS, n_iter_no_change=MOST_STEPS)
    with failing_steps(20 if rank == 1 else MOST_STEPS + 1, act):
        found = error_of(lambda: augmenter.fit(X, y))
    return {"error": found, "seconds": time.monotonic() - start}


def main(rank: int, folder: Path, scenario: str) -> None:
    dist.init_process_group(
        "gloo",
        init_method=f"file://{folder / scenario}.store",
        rank=rank,
        world_size=2,
        timeout=timedelta(seconds=10 if scenario == "hangs" else 120),
    )
    if scenario == "fits":
        found = fits(rank, folder)
    elif scenario == "dies":
        found = bereft(rank, lambda: os._exit(3))
    else:
        found = bereft(rank, lambda: os.kill(os.getpid(), signal.SIGSTOP))
    (folder / f"{scenario}-{rank}.pickle").write_bytes(pickle.dumps(found))
    if scenario != "fits":
        # What is left of a group that lost a process may abort when Python clears up.
        os._exit(0)
    dist.destroy_process_group()


if __name__ == "__main__":
    second = os.fork()
    torch.set_num_threads(1)
    for scenario in sys.argv[2:]:
        main(0 if second else 1, Path(sys.argv[1]), scenario)
    if second and os.waitpid(second, 0)[1]:
        sys.exit("the second process failed")
