"""pack and unpack: the same value back, and errors from what was changed."""

import dataclasses
import json
import math
import pickle
import time
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from torch import nn

from skmiaug.base import EstimatorState, Maybe, pack, register_state, unpack


def through_a_file(value):
    """Pack and unpack, with JSON between."""
    json_value, arrays = pack(value)
    return unpack(json.loads(json.dumps(json_value, allow_nan=False)), arrays, finite=False)


def assert_same(one, other):
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other or (one != one and other != other)


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
keys = st.text() | st.integers() | st.booleans() | st.none()
nested = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner)
    ),
    max_leaves=10,
)
arrays = hnp.arrays(
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="<")
    | hnp.floating_dtypes(endianness="<", sizes=(16, 32, 64))
    | hnp.unicode_string_dtypes(endianness="<", min_len=1)
    | hnp.byte_string_dtypes(min_len=1)
    | hnp.datetime64_dtypes(endianness="<")
    | hnp.timedelta64_dtypes(endianness="<"),
    hnp.array_shapes(min_dims=0, min_side=0),
)


@given(nested)
def test_plain_values_come_back(value):
    assert_same(through_a_file(value), value)


@given(arrays)
def test_arrays_come_back(array):
    assert_same(through_a_file({"a": [array]}), {"a": [array]})


@pytest.mark.parametrize(
    "value",
    [
        slice(0, 8, 2),
        slice("a", None),
        range(3, 9),
        np.array(["a", 7, True, None, 2.5], dtype=object),
        np.float32(0.1),
        np.int64(2**60 + 1),
        np.str_("joy"),
        np.datetime64("2020-01-01"),
        np.dtype("f4"),
        np.dtype("U7"),
        {1: "a", "1": "b", np.str_("c"): 3},
        np.array([[1, 2], [3, 4]], dtype=object),
    ],
    ids=repr,
)
def test_other_values_come_back(value):
    assert_same(through_a_file([value]), [value])


def test_big_endian_and_transposed_arrays_come_back_in_the_order_of_the_machine():
    array = np.arange(6.0).reshape(2, 3).astype(">f8").T
    back = through_a_file(array)
    assert back.dtype == np.float64
    np.testing.assert_array_equal(back, array)


def test_a_device_becomes_its_text():
    assert through_a_file(torch.device("cuda:1")) == "cuda:1"


def test_keys_that_are_no_names_do_not_clash():
    value = {
        "a/b": np.zeros(1),
        "a": {"b": np.ones(1)},
        "\ud800": np.ones(2),
        0: np.ones(3),
    }
    assert_same(through_a_file(value), value)


@pytest.mark.parametrize(
    "value",
    [
        np.random.RandomState(0),
        print,
        np.array([1j]),
        np.array([print], dtype=object),
        np.array([("a", 1)], dtype="U1,i8"),
        nn.Linear(2, 2),
        torch.zeros(2),
        float,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_needs_pickle_is_refused_by_its_place(value):
    with pytest.raises(TypeError, match=r"^first/1"):
        pack({"first": [0, value]})


# ---------------------------------------------------------------- classes of ours


@register_state
class Net(nn.Module):
    def __init__(self, n_inputs: int, sizes: list[int]):
        super().__init__()
        self.n_inputs, self.sizes = n_inputs, list(sizes)
        widths = [n_inputs, *sizes]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.register_buffer("center", torch.zeros(n_inputs))


@register_state
@dataclasses.dataclass(frozen=True)
class Fitted:
    net: Net
    center: np.ndarray
    names: tuple[str, ...]
    threshold: float | None = None
    limits: dict[str, list[float]] = dataclasses.field(default_factory=dict)

    def check(self) -> None:
        if len(self.center) != len(self.net.center):
            raise ValueError("center does not fit the rest")


@register_state
class Model(EstimatorState, BaseEstimator):
    _parameter_constraints: ClassVar[dict] = {"a": [int], "b": "no_validation"}
    _may_hold_nan = ("given_",)

    n_iter_: int
    curve_: list[float]
    _fitted: Fitted
    given_: Maybe[np.ndarray]

    def __init__(self, a=1, b=None):
        self.a = a
        self.b = b

    def fit(self):
        self.n_iter_ = 3
        self.curve_ = [1.0, 0.5]
        self._fitted = fitted()
        self.n_features_in_ = 3
        return self

    def _check_state(self):
        if len(self._fitted.center) != self.n_features_in_:
            raise ValueError("n_features_in_ does not fit the rest")


def fitted(**changes):
    torch.manual_seed(0)
    values = {"net": Net(3, [4, 2]), "center": np.arange(3.0), "names": ("a", "b")}
    return Fitted(**values | changes)


def test_networks_in_records_come_back():
    value = fitted(limits={"a": [0.0, 1.0]})
    back = through_a_file(value)
    assert back.names == value.names
    assert not back.net.training
    assert not any(p.requires_grad for p in back.net.parameters())
    for key, weight in value.net.state_dict().items():
        assert torch.equal(back.net.state_dict()[key], weight)


@pytest.mark.parametrize("inner", [None, Model(a=2).fit(), FrozenEstimator(Model().fit())])
def test_estimators_come_back_with_those_in_their_parameters(inner):
    model = Model(b=inner).fit()
    model.given_ = np.array([1.0, np.nan])
    back = through_a_file(model)
    assert back.get_params(deep=False).keys() == model.get_params(deep=False).keys()
    assert type(back.b) is type(inner)
    assert vars(back).keys() == vars(model).keys()
    assert_same(back.given_, model.given_)
    if isinstance(inner, FrozenEstimator):
        assert back.b.estimator.n_iter_ == 3


def test_pickles_hold_networks_as_arrays():
    model = Model().fit()
    text = pickle.dumps(model)
    assert b"torch" not in text
    weight = pickle.loads(text)._fitted.net.layers[0].weight
    assert torch.equal(weight, model._fitted.net.layers[0].weight)
    assert not hasattr(pickle.loads(pickle.dumps(Model(a=5))), "_fitted")


def test_an_estimator_that_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError, match="Model instance is not fitted"):
        pack(Model())
    with pytest.raises(NotFittedError):
        pack(Model(b=Model()).fit())


def test_attributes_that_are_not_ours_are_refused_before_they_are_lost():
    model = Model().fit()
    model.note = 1
    with pytest.raises(TypeError, match=r"attribute 'note'.*Delete it"):
        pack(model)


def test_other_classes_and_names_taken_are_refused():
    with pytest.raises(TypeError, match="expected a dataclass"):
        register_state(int)
    with pytest.raises(TypeError, match="Two classes are called Net"):
        register_state(type("Net", (Net,), {"__module__": "elsewhere"}))
    assert isinstance(through_a_file(fitted()).net, Net)


# ---------------------------------------------------------------- what was changed


def state(json_value):
    return json_value["state"]


def fields(json_value):
    return json_value["state"]["_fitted"]["parameters"]


def net(json_value):
    return fields(json_value)["net"]


NAN = {"float": "nan"}


@pytest.mark.parametrize(
    "change",
    [
        lambda j, a: j.update(object="Net"),
        lambda j, a: j.update(object="os"),
        lambda j, a: j["parameters"].pop("a"),
        lambda j, a: j["parameters"].update(c=1),
        lambda j, a: j["parameters"].update(a="x"),
        lambda j, a: state(j).pop("n_iter_"),
        lambda j, a: state(j).pop("_fitted"),
        lambda j, a: state(j).update(n_iter_="3"),
        lambda j, a: state(j).update(n_iter_=True),
        lambda j, a: state(j).update(curve_=[1, "a"]),
        lambda j, a: state(j).update(curve_=[math.nan]),
        lambda j, a: state(j).update(curve_=[NAN]),
        lambda j, a: state(j).update(fit=1),
        lambda j, a: state(j).update(n_features_in_=4),
        lambda j, a: state(j).update(n_features_in_=-1),
        lambda j, a: state(j).update(feature_names_in_=["a"]),
        lambda j, a: state(j).update(_fitted=None),
        lambda j, a: state(j).update(_fitted={}),
        lambda j, a: state(j).update(_fitted={"read": 1}),
        lambda j, a: fields(j).pop("center"),
        lambda j, a: fields(j).update(other=1),
        lambda j, a: state(j)["_fitted"].update(state={"other": 1}),
        lambda j, a: net(j)["state"].update(center=[0.0] * 3),
        lambda j, a: fields(j).update(names={"tuple": [1]}),
        lambda j, a: fields(j).update(threshold="x"),
        lambda j, a: fields(j).update(limits={"dict": [["a", [None]]]}),
        lambda j, a: fields(j).update(net=fields(j)["center"]),
        lambda j, a: net(j).update(object="Fitted"),
        lambda j, a: net(j)["parameters"].update(sizes=[4]),
        lambda j, a: net(j)["parameters"].update(sizes=[4, 3]),
        lambda j, a: net(j)["parameters"].update(sizes=[10**12, 2]),
        lambda j, a: net(j)["parameters"].update(sizes=[1] * 10**6),
        lambda j, a: net(j)["parameters"].update(n_inputs=10**9),
        lambda j, a: net(j)["state"].pop("center"),
        lambda j, a: net(j)["state"].update(center="nothing"),
        lambda j, a: a.pop("_fitted/center"),
        lambda j, a: a.update({"_fitted/center": np.zeros(4)}),
        lambda j, a: a.update({"_fitted/center": np.full(3, np.inf)}),
        lambda j, a: a.update({"_fitted/net/center": np.zeros(3)}),
        lambda j, a: a.update({"_fitted/net/center": np.zeros(3, dtype=int)}),
        lambda j, a: a.update({"more": np.zeros(3)}),
    ],
)
def test_state_that_was_changed_is_refused_quickly(change):
    json_value, arrays = pack(Model().fit())
    change(json_value, arrays)
    begin = time.perf_counter()
    with pytest.raises((ValueError, TypeError, LookupError, AttributeError, RuntimeError)):
        unpack(json_value, arrays)
    assert time.perf_counter() - begin < 30


@pytest.mark.parametrize(
    ("dtype", "array"),
    [
        ("<U3", np.zeros((2, 4), dtype=np.uint32)),
        ("<U500000000", np.zeros((2, 3), dtype=np.uint32)),
        ("<U1", np.full((2, 1), 2**31, dtype=np.uint32)),
        ("<M8[D]", np.zeros((2, 2), dtype=np.int64)),
        ("<M8[D]", np.zeros(2)),
        ("O", np.zeros(2, dtype=np.int64)),
        ("<f8", np.zeros(2, dtype=np.int64)),
        ("nonsense", np.zeros(2, dtype=np.int64)),
    ],
)
def test_arrays_are_of_the_type_that_is_claimed(dtype, array):
    with pytest.raises((ValueError, TypeError, LookupError)):
        unpack({"array": "a", "dtype": dtype}, {"a": array})


def test_objects_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="reshape"):
        unpack({"objects": ["a"], "shape": [10**12]}, {})
