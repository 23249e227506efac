"""Speed on a GPU at the size of MSP-Podcast: 84,030 rows of 1,024, 8 classes.

Run it alone; the figures are those of ``python -m tests.benchmarks.suite
--device cuda``::

    pytest tests/benchmarks/test_on_a_gpu.py -m "gpu and benchmark" -s
"""

import pytest
import torch

from tests.benchmarks.suite._device import on_device
from tests.benchmarks.suite._table import Line, format_table

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.benchmark,
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module")
def lines() -> dict[str, Line]:
    measured = list(on_device(torch.device("cuda"), (84_030, 1024, 8), 16))
    print("\n" + format_table(measured))
    return {line.what: line for line in measured}


def test_the_captured_step_has_five_times_the_rate_of_the_eager_one(lines):
    assert lines["step, captured"].ratio <= 1 / 5


def test_a_fit_at_defaults_takes_20_seconds_at_most(lines):
    assert lines["fit at defaults"].seconds <= 20


def test_sixteen_weights_take_twice_the_time_of_one_at_most(lines):
    assert lines["many λ, all steps"].ratio <= 2
