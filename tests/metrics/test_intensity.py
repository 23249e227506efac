"""Mean absolute error and four-class accuracy of intensities, beside constants."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, mean_absolute_error

from skmiaug.metrics import intensity_baseline, intensity_scores

EMOTIONS = ("happy", "sad", "anger", "surprise", "disgust", "fear")
INTENSITIES = arrays(np.float64, (9, 6), elements=st.floats(0, 3))


@given(INTENSITIES, arrays(np.float64, (9, 6), elements=st.floats(-1, 4)))
def test_they_are_those_of_scikit_learn_by_column(true, predicted):
    scores = intensity_scores(true, predicted, emotions=EMOTIONS)
    for j, name in enumerate(EMOTIONS):
        expected = mean_absolute_error(true[:, j], predicted[:, j])
        assert scores.mae_per_emotion[name] == pytest.approx(expected)
        classes = [
            ["0123"[min(max(int(v + 0.5), 0), 3)] for v in y[:, j]]
            for y in (true, predicted)
        ]
        assert scores.accuracy_per_emotion[name] == pytest.approx(accuracy_score(*classes))
    assert scores.mae == pytest.approx(np.mean(list(scores.mae_per_emotion.values())))
    assert scores.accuracy == pytest.approx(
        np.mean(list(scores.accuracy_per_emotion.values()))
    )


def test_by_hand():
    scores = intensity_scores([[0, 3], [1 / 3, 2]], [[0.4, 3.6], [0.5, 2]])
    assert scores.mae_per_emotion["emotion_0"] == pytest.approx((0.4 + 1 / 6) / 2)
    assert scores.accuracy_per_emotion == {"emotion_0": 0.5, "emotion_1": 1.0}
    assert scores.accuracy == 0.75


@pytest.mark.parametrize(
    ("intensity", "same_class_as"), [(0.49, 0), (0.5, 1), (1.5, 2), (2.5, 3), (3, 3)]
)
def test_halves_are_rounded_up(intensity, same_class_as):
    assert intensity_scores([intensity], [same_class_as]).accuracy == 1


def test_predictions_beyond_the_range_count_as_its_ends():
    scores = intensity_scores([[0.0], [3.0]], [[-5.0], [9.0]])
    assert scores.accuracy == 1
    assert scores.mae == 5.5


@given(INTENSITIES, INTENSITIES, arrays(np.float64, 6, elements=st.floats(0, 3)))
def test_on_the_training_labels_no_constant_beats_the_median(train, test, constant):
    median = intensity_baseline(train, train).mae
    assert median <= intensity_scores(train, np.tile(constant, (9, 1))).mae + 1e-12
    expected = intensity_scores(test, np.tile(np.median(train, axis=0), (9, 1)))
    assert intensity_baseline(train, test) == expected


def test_of_labels_that_are_mostly_zero_median_and_zero_are_one():
    y = np.zeros((10, 6))
    y[0] = 2.0
    by_median = intensity_baseline(y, y, emotions=EMOTIONS)
    assert by_median == intensity_baseline(y, y, emotions=EMOTIONS, baseline="zero")
    assert by_median.mae == pytest.approx(0.2)
    assert by_median.accuracy == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("true", "predicted", "names", "message"),
    [
        ([[0, 1]], [[0]], None, "same shape"),
        ([[0, 1]], [[0, 1], [0, 1]], None, "inconsistent numbers"),
        ([[0, 4]], [[0, 1]], None, "from 0 to 3, got 0 to 4"),
        ([[-1, 0]], [[0, 1]], None, "from 0 to 3, got -1 to 0"),
        ([[0, np.nan]], [[0, 1]], None, "y_true contains NaN"),
        ([[0, 1]], [[0, np.inf]], None, "y_pred contains infinity"),
        ([[0, 1]], [[0, 1]], ["happy"], "name the 2 columns, got 1"),
        ([], [], None, "minimum of 1"),
    ],
)
def test_what_does_not_fit_is_refused(true, predicted, names, message):
    with pytest.raises(ValueError, match=message):
        intensity_scores(true, predicted, emotions=names)


def test_an_unknown_baseline_is_refused():
    with pytest.raises(ValueError, match=r"one of \('median', 'zero'\), got 'mean'"):
        intensity_baseline([[0]], [[1]], baseline="mean")
