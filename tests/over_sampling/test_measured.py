"""How many rows the information of generated rows is measured on."""

import numpy as np
import pytest
from skmiaug.over_sampling._measured import measure_information


@pytest.mark.parametrize(("n_classes", "n"), [(2, 256), (128, 256), (200, 163), (1500, 32)])
def test_many_classes_have_fewer_rows_each(n_classes, n):
    classes = np.repeat(np.arange(n_classes), 2)
    rows = np.random.default_rng(0).normal(size=(len(classes), 3)).astype(np.float32)
    drawn = []

    def draw(n, c):
        drawn.append((n, c))
        return np.repeat(rows[2 * c, None], n, axis=0)

    found = measure_information(draw, rows, classes, n_classes)
    assert drawn == [(n, c) for c in range(n_classes)]
    assert found.ceiling == pytest.approx(np.log(n_classes))
