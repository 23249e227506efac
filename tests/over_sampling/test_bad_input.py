"""Bad, odd and extreme input: a clear error, or behaviour that is said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from skmiaug.exceptions import TinyClassWarning, TrainingDivergedError
from skmiaug.over_sampling import _base, _migan
from skmiaug.training.gan import _loop as _gan_loop
from tests._helpers import counts, label_of, small, trained
from tests._internals import EVAL_INTERVAL

# ---------------------------------------------------------------- refused


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
@pytest.mark.parametrize(
    ("value", "message"), [(np.nan, "contains NaN"), (np.inf, "contains infinity")]
)
def test_values_that_are_not_finite_are_refused(skewed, value, message, method):
    X, y = skewed
    X[3, 4] = value
    with pytest.raises(ValueError, match=message):
        getattr(small(), method)(X, y)


def test_three_dimensions_are_refused(skewed):
    X, y = skewed
    with pytest.raises(ValueError, match="dim 3"):
        small().fit_resample(X.reshape(93, 4, 3), y)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["low"] * 93),
        pd.Series(["low"] * 93, dtype=object),
        pd.Series(["low"] * 93, dtype="category"),
        pd.Series([pd.Timestamp(0)] * 93),
    ],
    ids=["str", "object", "category", "time"],
)
def test_columns_without_numbers_are_named(skewed, column):
    X, y = skewed
    frame = pd.DataFrame({"pitch": X[:, 0], "mood": column})
    with pytest.raises(ValueError, match=r"do not: mood .*OrdinalEncoder"):
        small().fit_resample(frame, y)


def test_text_in_an_array_is_refused(skewed):
    _, y = skewed
    with pytest.raises(ValueError, match=r"these columns do not: 0 .object, such as 'low'"):
        small().fit_resample(np.full((93, 2), "low", dtype=object), y)


def test_numbers_in_object_columns_are_taken(skewed):
    X, y = skewed
    X_new, _ = small().fit_resample(pd.DataFrame(X).astype({3: object}), y)
    np.testing.assert_array_equal(X_new.astype(float), small().fit_resample(X, y)[0])


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_matrices_are_refused_with_the_remedy(skewed, kind):
    X, y = skewed
    with pytest.raises(TypeError, match="toarray"):
        small().fit_resample(kind(X), y)


@pytest.mark.parametrize("fill", [0.0, np.nan])
@pytest.mark.parametrize("columns", [["a", "b"], ["b"]])
def test_sparse_columns_are_named_with_the_remedy(skewed, columns, fill):
    X, y = skewed
    frame = pd.DataFrame(X[:, :2], columns=["a", "b"])
    kinds = dict.fromkeys(columns, pd.SparseDtype(float, fill))
    with pytest.raises(TypeError, match=rf"sparse: {', '.join(columns)}\. Use .*to_dense"):
        small().fit_resample(frame.astype(kinds), y)


def test_one_class_is_refused_as_imbalanced_learn_does(skewed):
    X, _ = skewed
    with pytest.raises(ValueError, match="needs to have more than 1 class"):
        small().fit_resample(X, np.zeros(93, dtype=int))


def test_a_numeric_target_is_refused(skewed):
    X, _ = skewed
    with pytest.raises(ValueError, match="Unknown label type"):
        small().fit_resample(X, np.linspace(0, 1, 93))


def test_lengths_that_differ_are_refused(skewed):
    X, y = skewed
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        small().fit_resample(X, y[:-1])


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ({7: 100}, "7"),
        (lambda y: {7: 100}, "7"),
        ({0: 10}, "more than or equal|greater or equal"),
        (0.5, "float"),
        ("majority", "sampling_strategy"),
        ("most", "sampling_strategy"),
        ([1], "sampling_strategy"),
        (1.5, "sampling_strategy"),
    ],
    ids=label_of,
)
def test_strategies_that_do_not_fit_are_refused(skewed, strategy, message):
    with pytest.raises(ValueError, match=message):
        small(sampling_strategy=strategy).fit_resample(*skewed)


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
def test_expansion_of_a_dict_is_refused(skewed, method):
    augmenter = small(sampling_strategy={1: 50}, expansion=2)
    with pytest.raises(ValueError, match="expansion grows every class"):
        getattr(augmenter, method)(*skewed)


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
@pytest.mark.parametrize("label", [None, np.nan, pd.NA, pd.NaT], ids=str)
def test_rows_without_a_label_are_named(skewed, label, method):
    X, y = skewed
    labels = np.array(["anger", "fear", "joy"], dtype=object)[y]
    labels[[4, 90]] = label
    with pytest.raises(ValueError, match=r"without a class, 2 in all: 4, 90\. Leave"):
        getattr(small(), method)(X, labels)


@pytest.mark.parametrize("dtype", [float, "Int64", "category", "string"])
@pytest.mark.filterwarnings("error")
def test_rows_without_a_label_in_a_column_are_named(skewed, dtype):
    X, y = skewed
    labels = pd.Series(y, dtype="Int64").mask(pd.Series(y) == 2)
    with pytest.raises(ValueError, match=r"contains NaN .* 8 in all: 85, .* 89, \.\.\."):
        small().fit_resample(X, labels.astype("float" if dtype is float else dtype))


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
@pytest.mark.parametrize("container", [list, lambda y: np.array(y, dtype=object)])
def test_text_beside_numbers_as_labels_is_refused(skewed, container, method):
    X, y = skewed
    labels = container([c if c < 2 else "joy" for c in y.tolist()])
    with pytest.raises(ValueError, match="text and other labels, such as 'joy' and 0"):
        getattr(small(), method)(X, labels)


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
def test_parts_of_rows_are_refused_before_training(skewed, method, monkeypatch):
    monkeypatch.setattr(_base, "fit_columns", None)
    augmenter = small(sampling_strategy={1: 50.5})
    with pytest.raises(ValueError, match=r"asks for 50\.5 rows of class 1: .*int\(\)"):
        getattr(augmenter, method)(*skewed)


def test_whole_numbers_of_rows_may_be_floats(skewed):
    _, y = small(sampling_strategy={1: 50.0}).fit_resample(*skewed)
    assert counts(y)[1] == 50


def test_decimal_columns_are_named_with_the_remedy(skewed):
    pa = pytest.importorskip("pyarrow")
    X, y = skewed
    frame = pd.DataFrame({"pitch": X[:, 0], "price": np.arange(93)})
    frame = frame.astype({"price": pd.ArrowDtype(pa.decimal128(30, 2))})
    for columns in (["pitch", "price"], ["price"]):
        with pytest.raises(TypeError, match=r"decimals: price\. Use X\.astype\(float\)"):
            small().fit_resample(frame[columns], y)


@pytest.mark.parametrize("n", [0, -1, 2.5, "3"])
def test_sample_refuses_numbers_of_rows_that_are_none(skewed, n):
    with pytest.raises(ValueError, match="whole number above 0"):
        small().fit(*skewed).sample(n)


@pytest.mark.parametrize(
    ("n", "y", "message"),
    [
        (3, 9, r"not in the training data: 9\. Known are: 0, 1, 2"),
        (2, ["anger", 0], "not in the training data"),
        (3, [0, 1], r"n_samples=3 classes; got an array of shape \(2,\)"),
        (2, [[0, 1]], r"shape \(1, 2\)"),
        (2, {0: 1, 1: 1}, r"got a dict\. .*np\.repeat\(list\(y\), list\(y\.values\(\)\)\)"),
    ],
)
def test_sample_refuses_classes_it_does_not_know(skewed, n, y, message):
    with pytest.raises(ValueError, match=message):
        small().fit(*skewed).sample(n, y)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("expansion", 0.5),
        ("mi_weight", -1.0),
        ("mi_weight", np.nan),
        ("mi_weight", np.inf),
        ("generator_hidden_layer_sizes", 8),
        ("generator_hidden_layer_sizes", ()),
        ("critic_hidden_layer_sizes", (8, 0)),
        ("critic_hidden_layer_sizes", (8.5,)),
        ("latent_dim", -1),
        ("n_continuous_codes", 1.5),
        ("bandwidth", 0.0),
        ("bandwidth", 1.1),
        ("bandwidth", "wide"),
        ("rejection_rate", 1.0),
        ("residual_penalty", -0.1),
        ("n_components", 0),
        ("max_iter", -1),
        ("batch_size", 0),
        ("generator_learning_rate", 0.0),
        ("critic_learning_rate", -1.0),
        ("validation_fraction", 1.0),
        ("n_iter_no_change", 0),
        ("tol", -1e-3),
        ("device", "gpu"),
        ("device", None),
        ("precision", "float16"),
        ("checkpoint", 3),
        ("random_state", "seed"),
        ("verbose", -1),
    ],
)
def test_bad_parameters_are_named(skewed, name, value):
    with pytest.raises(ValueError, match=name):
        small(**{name: value}).fit(*skewed)


def test_rejection_needs_the_recognition_head(skewed):
    with pytest.raises(ValueError, match="mi_weight=0 leaves untrained"):
        small(rejection_rate=0.5, mi_weight=0).fit(*skewed)
    with pytest.raises(ValueError, match="max_iter=0 leaves untrained"):
        small(rejection_rate=0.5, max_iter=0).fit(*skewed)


# ---------------------------------------------------------------- few rows


def test_rows_of_a_class_of_one_scatter_around_it(skewed):
    X, y = skewed
    X, y = X[:-7], y[:-7]
    augmenter = small(max_iter=0)
    with pytest.warns(TinyClassWarning, match="single row: 2") as caught:
        X_new, y_new = augmenter.fit_resample(X, y)
    assert caught[0].filename == __file__
    assert counts(y_new) == dict.fromkeys(range(3), 60)
    made = X_new[augmenter.synthetic_mask_ & (y_new == 2)]
    deviation = made - X[-1]
    assert len(np.unique(made, axis=0)) == len(made)
    spread_of_others = X[y == 0].std(axis=0)
    assert (np.abs(deviation.mean(axis=0)) < 0.3 * spread_of_others).all()
    assert (deviation.std(axis=0) < spread_of_others).all()
    assert (deviation.std(axis=0) > 0.01 * spread_of_others).all()


def test_two_rows_of_a_class_are_enough_without_a_warning(skewed):
    X, y = skewed
    X_new, y_new = small().fit_resample(X[:-6], y[:-6])
    assert counts(y_new) == dict.fromkeys(range(3), 60)
    assert np.isfinite(X_new).all()


@pytest.mark.filterwarnings("ignore:The number of unique classes:UserWarning")
def test_classes_of_one_row_each_can_be_sampled():
    rows = np.random.default_rng(0).normal(size=(3, 4))
    with pytest.warns(TinyClassWarning, match="single row: 0, 1, 2") as caught:
        augmenter = small().fit(rows, [0, 1, 2])
    assert caught[0].filename == __file__
    made, _ = augmenter.sample(50, 1)
    assert np.isfinite(made).all()
    assert np.linalg.norm(rows - made.mean(axis=0), axis=1).argmin() == 1


def test_classes_of_identical_rows_stay_near_them():
    values = np.array([[0.1, -2.0], [0.3, 7.0]])
    X_new, y_new = small().fit_resample(
        np.repeat(values, [20, 5], axis=0), np.repeat([0, 1], [20, 5])
    )
    assert counts(y_new) == {0: 20, 1: 20}
    np.testing.assert_allclose(X_new[25:], np.tile(values[1], (15, 1)), atol=0.05)


def test_rows_that_are_all_alike_are_reproduced():
    X_new, y_new = small().fit_resample(np.full((9, 3), 0.7), np.repeat([0, 1], [6, 3]))
    assert counts(y_new) == {0: 6, 1: 6}
    assert (X_new == 0.7).all()


@pytest.mark.parametrize("shape", [(40, 1), (40, 2), (12, 100), (4, 3)])
def test_any_shape_is_balanced(shape):
    X = np.random.default_rng(0).normal(size=shape)
    y = (np.arange(shape[0]) >= shape[0] * 3 // 4).astype(int)
    augmenter = small()
    if shape[0] == 4:
        with pytest.warns(TinyClassWarning):
            X_new, y_new = augmenter.fit_resample(X, y)
    else:
        X_new, y_new = augmenter.fit_resample(X, y)
    assert set(counts(y_new).values()) == {shape[0] * 3 // 4}
    assert X_new.shape[1] == shape[1]
    assert np.isfinite(X_new).all()


def test_a_batch_may_be_larger_than_the_data(skewed):
    X, y = skewed
    large = trained(batch_size=10**9).fit(X, y)
    whole = trained(batch_size=93).fit(X, y)
    np.testing.assert_array_equal(large.sample(9)[0], whole.sample(9)[0])


# ---------------------------------------------------------------- columns


def test_constant_columns_are_reproduced_exactly(skewed):
    X, y = skewed
    values = np.array([0.0, 0.1, -1e30, 1e-30, np.pi])
    X = np.hstack([X, np.tile(values, (93, 1))])
    for dtype in (np.float64, np.float32):
        X_new, _ = small().fit_resample(X.astype(dtype), y)
        assert (X_new[:, 12:] == values.astype(dtype)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_columns_keep_their_scale(skewed, dtype):
    X, y = skewed
    magnitude = np.ones(12)
    magnitude[[1, 2, 3]] = 1e30, 1e-30, 1e6
    augmenter = small(max_iter=0)
    X_new, _ = augmenter.fit_resample((X * magnitude).astype(dtype), y)
    assert np.isfinite(X_new).all()
    plain, _ = small(max_iter=0).fit_resample(X.astype(dtype), y)
    np.testing.assert_allclose(X_new / magnitude.astype(dtype), plain, rtol=1e-3, atol=1e-3)


@pytest.mark.filterwarnings("ignore:invalid value encountered in reduce:RuntimeWarning")
def test_values_near_the_ends_of_float64_stay_finite(skewed):
    X, y = skewed
    X[:, 0] *= 1e307
    X[:, 1] *= 1e-307
    assert np.isfinite(small().fit_resample(X, y)[0]).all()


def test_a_large_offset_does_not_hide_the_spread(skewed):
    X, y = skewed
    augmenter = small(max_iter=0)
    X_new, _ = augmenter.fit_resample(X + 1e9, y)
    plain, _ = small(max_iter=0).fit_resample(X, y)
    np.testing.assert_allclose(X_new - 1e9, plain, atol=1e-3)


# ---------------------------------------------------------------- types


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i4", "i8", "u1", "u8", "?"])
def test_the_type_of_the_rows_is_kept(skewed, dtype):
    X, y = skewed
    X = np.abs(X * 10).astype(dtype)
    augmenter = small()
    X_new, _ = augmenter.fit_resample(X, y)
    assert X_new.dtype == X.dtype
    np.testing.assert_array_equal(X_new[:93], X)
    assert augmenter.sample(3)[0].dtype == X.dtype


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_integers_are_rounded_and_stop_at_the_ends_of_their_type(dtype):
    limits = np.iinfo(dtype)
    rng = np.random.default_rng(0)
    X = np.array([limits.min, limits.max], dtype=dtype)[rng.integers(2, size=(40, 2))]
    y = np.repeat([0, 1], [30, 10])
    rows, _ = small(max_iter=0).fit(X, y).sample(500, 0)
    # A wrapped value would lie at the other end: both ends are hit, the middle is too.
    for end in (limits.min, limits.max):
        assert (rows == end).mean() > 0.02
    few = np.array([[0], [1]] * 20, dtype=dtype)
    rows, _ = small(max_iter=0).fit(few, y).sample(500, 0)
    assert abs(rows.astype(float).mean() - 0.5) < 0.2


@pytest.mark.filterwarnings("ignore:invalid value encountered in reduce:RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_floats_stop_at_the_ends_of_their_type(dtype):
    largest = np.finfo(dtype).max
    X = np.repeat(np.array([[-largest], [largest]] * 10), 2, axis=1).astype(dtype)
    rows, _ = small(max_iter=0).fit(X, np.repeat([0, 1], [14, 6])).sample(500, 0)
    assert np.isfinite(rows).all()
    assert (np.abs(rows) == largest).mean() > 0.02


@pytest.mark.parametrize("container", ["pandas", "Int64", "polars"])
def test_whole_numbers_that_float64_rounds_come_back_as_given(skewed, container):
    X, y = skewed
    time = 1_700_000_000_000_000_001 + np.arange(93)
    frame = pd.DataFrame({"pitch": X[:, 0], "time": time, "few": -time})
    if container == "Int64":
        frame = frame.astype({"time": "Int64"})
    elif container == "polars":
        frame = pytest.importorskip("polars").DataFrame(frame)
    X_new, _ = small().fit_resample(frame, y)
    for name in ("time", "few"):
        assert X_new[name].dtype == frame[name].dtype
        assert X_new[name].to_list()[:93] == frame[name].to_list()


def test_frames_of_several_types_keep_each(skewed):
    X, y = skewed
    frame = pd.DataFrame(
        {
            "a": X[:, 0],
            "b": (X[:, 1] * 60).clip(-128, 127).astype(np.int8),
            "c": X[:, 2] > 0,
            "d": (X[:, 3] * 60).clip(0, 255).astype(np.uint8),
            "e": X[:, 4].astype(np.float32),
            "f": pd.array((X[:, 5] * 9).round().astype(int), dtype="Int16"),
        }
    )
    augmenter = small()
    made, _ = augmenter.fit_resample(frame, y)
    pd.testing.assert_frame_equal(made.iloc[:93], frame)
    # Drawn again as an array: the whole numbers are rounded, not cut.
    rows, _ = augmenter.sample(2000, 0)
    for column in (1, 2, 3, 5):
        assert (rows[:, column] == np.rint(rows[:, column])).all()
        real = frame.iloc[:, column][y == 0].astype(float)
        assert abs(rows[:, column].mean() - real.mean()) < 0.35 * real.std()


@pytest.mark.parametrize("kind", ["read-only", "memmap", "Fortran", "strided", "list"])
def test_every_kind_of_array_gives_the_same_bits(skewed, kind, tmp_path):
    X, y = skewed
    expected, y_expected = trained().fit_resample(X, y)
    if kind == "read-only":
        given = X.copy()
        given.flags.writeable = False
        y.flags.writeable = False
    elif kind == "memmap":
        np.save(tmp_path / "X.npy", X)
        given = np.load(tmp_path / "X.npy", mmap_mode="r")
    elif kind == "Fortran":
        given = np.asfortranarray(X)
    elif kind == "strided":
        given = np.repeat(X, 2, axis=1)[:, ::2]
    else:
        given, y = X.tolist(), y.tolist()
    made, y_made = trained().fit_resample(given, y)
    np.testing.assert_array_equal(made, expected)
    np.testing.assert_array_equal(y_made, y_expected)


# ---------------------------------------------------------------- divergence


class Poison:
    """Stands in for gan_step: after the calls named, weights or losses are NaN."""

    def __init__(self, monkeypatch, calls, *, losses=True, weights=True):
        self.step = _gan_loop.gan_step
        self.calls, self.losses, self.weights = calls, losses, weights
        self.n_calls = 0
        self.networks = None
        self.rates = []
        monkeypatch.setattr(_gan_loop, "gan_step", self)

    def __call__(self, networks, batch, weights, layout):
        self.n_calls += 1
        self.networks = networks
        self.rates.append(networks.critic_optimizer.param_groups[0]["lr"])
        losses = self.step(networks, batch, weights, layout)
        if self.n_calls in self.calls:
            if self.weights:
                with torch.no_grad():
                    next(networks.critic.parameters()).fill_(torch.nan)
            if self.losses:
                losses = losses * torch.nan
        return losses


@pytest.mark.parametrize("call", [1, EVAL_INTERVAL, EVAL_INTERVAL + 3])
@pytest.mark.parametrize("losses", [True, False], ids=["losses", "weights"])
def test_training_recovers_from_one_divergence(skewed, monkeypatch, call, losses):
    poison = Poison(monkeypatch, {call}, losses=losses)
    augmenter = trained(max_iter=3 * EVAL_INTERVAL).fit(*skewed)
    assert augmenter.n_iter_ == 3 * EVAL_INTERVAL
    assert len(augmenter.loss_curve_) == 2  # the check that found it is left out
    assert np.isfinite(augmenter.loss_curve_).all()
    assert np.isfinite(augmenter.sample(20)[0]).all()
    assert poison.rates[-1] == pytest.approx(0.1 * poison.rates[0])


def test_the_last_good_weights_come_back(skewed, monkeypatch):
    Poison(monkeypatch, {2 * EVAL_INTERVAL})
    rolled_back = trained(max_iter=2 * EVAL_INTERVAL).fit(*skewed)
    monkeypatch.undo()
    before = trained(max_iter=EVAL_INTERVAL).fit(*skewed)
    np.testing.assert_array_equal(rolled_back.sample(9)[0], before.sample(9)[0])


def test_the_third_divergence_is_an_error_with_finite_weights(skewed, monkeypatch):
    poison = Poison(monkeypatch, set(range(EVAL_INTERVAL, 10**4)))
    with pytest.raises(TrainingDivergedError, match=r"3 times.*Lower generator_learning"):
        trained(max_iter=10 * EVAL_INTERVAL).fit(*skewed)
    assert poison.n_calls == 3 * EVAL_INTERVAL
    for _, module in poison.networks.modules():
        assert all(p.isfinite().all() for p in module.parameters())


def test_a_held_out_measure_that_is_not_finite_counts_as_divergence(skewed, monkeypatch):
    scores = iter([0.1, np.nan, 0.2, 0.3])
    train = _migan.train_gan

    def train_to_scores(*args):
        *others, loop = args
        return train(*others, replace(loop, evaluate=lambda networks: next(scores)))

    monkeypatch.setattr(_migan, "train_gan", train_to_scores)
    augmenter = small(max_iter=3 * EVAL_INTERVAL).fit(*skewed)
    assert augmenter.validation_scores_ == [0.2, 0.3]


def test_rates_without_bound_end_in_the_error(skewed):
    huge = {"generator_learning_rate": 1e30, "critic_learning_rate": 1e30}
    with pytest.raises(TrainingDivergedError):
        small(max_iter=10 * EVAL_INTERVAL, **huge).fit(*skewed)


@pytest.mark.parametrize("rate", [1.0, 1e4, 1e9])
def test_high_rates_give_finite_rows_or_the_error(skewed, rate):
    X, y = skewed
    high = {"generator_learning_rate": rate, "critic_learning_rate": rate}
    for columns in (12, 1):
        augmenter = small(max_iter=3 * EVAL_INTERVAL, **high)
        try:
            augmenter.fit(X[:, :columns], y)
        except TrainingDivergedError:
            continue
        assert np.isfinite(augmenter.sample(50)[0]).all()
