"""Seeds: streams that are independent, and global states that stay."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from skmiaug.utils._random import (
    draw_seed,
    isolated_torch_seed,
    numpy_generator,
    seed_of_stream,
    torch_generator,
)

CPU = torch.device("cpu")


def test_a_seed_follows_from_the_random_state():
    first, second = (draw_seed(np.random.RandomState(4)) for _ in range(2))
    assert first == second
    assert 0 <= first < 2**31
    state = np.random.RandomState(4)
    assert draw_seed(state) != draw_seed(state)


def test_streams_of_one_seed_differ_and_repeat():
    ways = (
        lambda *stream: tuple(numpy_generator(*stream).random(4).tolist()),
        lambda *stream: tuple(
            torch.rand(4, generator=torch_generator(*stream, CPU)).tolist()
        ),
        seed_of_stream,
    )
    for draws in ways:
        assert draws(1, 2) == draws(1, 2)
        assert len({draws(s, t) for s in range(5) for t in range(5)}) == 25


def test_the_global_generator_is_put_back_after_an_error_too():
    before = torch.random.get_rng_state()

    def draw_and_fail():
        with isolated_torch_seed(3):
            torch.rand(5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        draw_and_fail()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_parallel_threads_do_not_seed_for_each_other():
    def draw(seed):
        draws = []
        with isolated_torch_seed(seed):
            for _ in range(4):
                draws.append(torch.rand(()).item())
                time.sleep(0.002)  # lets the other threads in
        return draws

    alone = [draw(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(draw, range(4))) == alone
