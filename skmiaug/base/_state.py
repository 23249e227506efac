"""Fitted state as JSON and arrays, and back: one mechanism for all estimators.

:func:`pack` turns a value into one that JSON can hold and a dict of arrays, and
:func:`unpack` turns them back, running no code from a file and taking no memory that the
arrays do not show to be needed. Classes of ours take part once they are registered with
:func:`register_state`; what they hold is checked against their type annotations.
"""

import contextlib
import dataclasses
import inspect
import math
import operator
import os
import sys
import threading
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

T = TypeVar("T")
# The type of an attribute that not every fitted estimator has.
Maybe = Annotated[T, "may be absent"]

_REGISTERED: dict[str, type[Any]] = {}
# Attributes of scikit-learn that are neither parameters nor state: routing, callbacks.
_NO_STATE = ("_metadata_request", "_skl_callbacks", "_parent_callback_ctx")
_OF_SKLEARN = ("n_features_in_", "feature_names_in_", "_sklearn_output_config")
# Text and times are written as the whole numbers that they are in memory.
_AS_INTEGERS = {"U": np.uint32, "S": np.uint8, "M": np.int64, "m": np.int64}
_MAX_CODE_POINT = 0x10FFFF
# Types that safetensors has.
_PLAIN_TYPES = ("b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8")
_PACKED = "_packed"
# Further keys of packed values; the first names their kind.
_BESIDE = {
    "array": {"dtype"},
    "object": {"parameters", "state"},
    "objects": {"shape"},
}


def register_state(cls: type[T]) -> type[T]:
    """Let objects of a class be saved; a decorator, or a function to call with the class.

    - A dataclass is saved by its fields, whose values must be of the annotated types. A
      method ``check()``, where there is one, is called after the fields are put back; it
      raises ValueError with the piece that does not fit the others.
    - A torch module, which keeps the arguments of its constructor as attributes, is saved
      by these and its weights, and rebuilt in evaluation mode.
    - An estimator is saved by its parameters and by all its other attributes. Those that a
      fit always sets are annotated in the class, those that it may set as ``Maybe[...]``. A
      method ``_check_state()`` is called at the end, as ``check()``. Array attributes named
      in ``_may_hold_nan`` need not be finite.

    Raises a TypeError for any other class, and for a second one of the same name.
    """
    known = _REGISTERED.setdefault(cls.__name__, cls)
    if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise TypeError(
            f"Two classes are called {cls.__name__}: {known.__module__} and "
            f"{cls.__module__}. Files name classes, so give one another name."
        )
    if not (_is_record(cls) or _is_module(cls) or issubclass(cls, BaseEstimator)):
        del _REGISTERED[cls.__name__]
        raise TypeError(
            f"expected a dataclass, an estimator or a torch module, got {cls.__name__}."
        )
    _REGISTERED[cls.__name__] = cls
    return cls


class EstimatorState:
    """Base of estimators whose pickles hold networks as arrays.

    Such a pickle does not depend on torch's own, and skops can dump the estimator.
    """

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())  # type: ignore[call-overload]
        for name, value in state.items():
            if type(value) in _REGISTERED.values() and not isinstance(value, BaseEstimator):
                json_value, arrays = pack(value)
                state[name] = {_PACKED: json_value, "arrays": arrays}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = {
            name: unpack(value[_PACKED], value["arrays"], finite=False)
            if isinstance(value, dict) and _PACKED in value
            else value
            for name, value in state.items()
        }
        super().__setstate__(state)  # type: ignore[misc]

    def _check_state(self) -> None:
        """Refuse, by a ValueError, a state from a file whose pieces do not fit."""


def require_state(condition: Any, name: str) -> None:
    """Raise the ValueError of a ``check()``: the piece ``name`` does not fit the others."""
    if not condition:
        raise ValueError(f"{name} does not fit the rest")


def require_array(
    name: str, array: np.ndarray, shape: Sequence[int | None], kinds: str = "f"
) -> None:
    """Raise a ValueError unless an array has a shape and one of some kinds of type.

    In ``shape``, None is any length; ``kinds`` are letters of ``dtype.kind``, or one type
    such as "float64".
    """
    fits = len(shape) == array.ndim and all(
        wanted in (None, n) for wanted, n in zip(shape, array.shape, strict=True)
    )
    exact = len(kinds) > 3
    if not fits or not (array.dtype == kinds if exact else array.dtype.kind in kinds):
        raise ValueError(
            f"{name} has the shape {array.shape} and the type {array.dtype}, expected "
            f"{tuple('any' if n is None else n for n in shape)} and {kinds!r}"
        )


# ---------------------------------------------------------------- to JSON and arrays


def pack(value: Any) -> tuple[Any, dict[str, np.ndarray]]:
    """Return a value as one that JSON can hold, and the arrays in it by name.

    The value may be None, bool, int, float, str, path, list, tuple, range, slice, dict,
    numpy number, array (numbers, booleans, text, times; of objects: text, numbers and None)
    or dtype, or an object of a registered class. A fitted estimator may stand in
    scikit-learn's FrozenEstimator. A torch device becomes its text. Arrays are not copied.

    Raises
    ------
    TypeError
        It, or something in it, is something else; the error names the place.
    sklearn.exceptions.NotFittedError
        An estimator in it is not fitted.
    """
    arrays: dict[str, np.ndarray] = {}
    return _pack(value, "", arrays), arrays


def _pack(value: Any, place: str, arrays: dict[str, np.ndarray]) -> Any:
    def inside(key: Any, item: Any) -> Any:
        return _pack(item, f"{place}/{key}" if place else str(key), arrays)

    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if type(value) is list:
        return [inside(i, item) for i, item in enumerate(value)]
    if type(value) is tuple:
        return {"tuple": [inside(i, item) for i, item in enumerate(value)]}
    if isinstance(value, (slice, range)):
        ends = (value.start, value.stop, value.step)
        return {type(value).__name__: [inside(i, end) for i, end in enumerate(ends)]}
    if type(value) is dict:
        items = enumerate(value.items())
        # A key such as a class label may be any value; its text serves for the name alone.
        return {
            "dict": [
                [inside(f"key {i}", k), inside(k if _is_name(k) else i, v)]
                for i, (k, v) in items
            ]
        }
    if isinstance(value, np.dtype):
        return {"dtype": value.str}
    if isinstance(value, np.ndarray):
        return _pack_array(value, place, arrays)
    if isinstance(value, np.generic):
        return {"scalar": _pack_array(np.asarray(value), place, arrays)}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if type(value) is FrozenEstimator:
        return {"frozen": _pack(value.estimator, place, arrays)}
    if type(value) in _REGISTERED.values():
        return _pack_registered(value, place, arrays)
    of_torch = type(value).__module__ == "torch"
    if of_torch and type(value).__name__ == "device":
        return str(value)
    if hasattr(value, "tolist") and not of_torch:  # the columns of a frame
        return inside("items", value.tolist())
    raise TypeError(
        f"{place or 'value'} holds {value!r:.80}, of type {type(value).__name__}, which "
        "cannot be written to a file without pickle. Set it to plain values (set_params) "
        "before saving, or use joblib.dump."
    )


def _is_name(key: Any) -> bool:
    return type(key) is str and key.isidentifier()


def _pack_array(array: np.ndarray, place: str, arrays: dict[str, np.ndarray]) -> Any:
    kind = array.dtype.kind
    if kind == "O":
        plain = [v.item() if isinstance(v, np.generic) else v for v in array.ravel()]
        odd = [v for v in plain if type(v) not in (str, bool, int, float, type(None))]
        if odd or any(type(v) is float and not math.isfinite(v) for v in plain):
            raise TypeError(
                f"{place} holds objects such as {(odd or plain)[0]!r:.80}, which cannot be "
                "written to a file without pickle. If these are class labels, fit with "
                "text: y.astype(str)."
            )
        return {"objects": plain, "shape": list(array.shape)}
    name = place or "array"
    while name in arrays:
        name += "'"
    native = np.asarray(array, dtype=array.dtype.newbyteorder("="))
    if kind in _AS_INTEGERS:
        flat = np.ascontiguousarray(native).reshape(-1).view(_AS_INTEGERS[kind])
        n = native.dtype.itemsize // flat.dtype.itemsize
        arrays[name] = flat.reshape(*native.shape, n)
        return {"array": name, "dtype": native.dtype.str}
    if native.dtype.str[1:] not in _PLAIN_TYPES:
        raise TypeError(
            f"{place} is an array of {array.dtype}, which no file here can hold."
        )
    arrays[name] = native
    return {"array": name}


def _pack_registered(value: Any, place: str, arrays: dict[str, np.ndarray]) -> Any:
    cls, state = type(value), {}
    if isinstance(value, BaseEstimator):
        parameters = value.get_params(deep=False)
        state = _fitted_state(value, parameters)
    elif _is_module(cls):
        names: Any = inspect.signature(cls).parameters
        parameters = {name: getattr(value, name) for name in names}
        state = {k: t.detach().cpu().numpy() for k, t in value.state_dict().items()}
    else:
        names = [f.name for f in dataclasses.fields(value) if f.init]
        parameters = {name: getattr(value, name) for name in names}

    def inside(attributes: Mapping[str, Any]) -> dict[str, Any]:
        start = f"{place}/" if place else ""
        return {k: _pack(v, f"{start}{k}", arrays) for k, v in attributes.items()}

    packed = {"parameters": inside(parameters), "state": inside(state)}
    return {"object": cls.__name__, **packed}


def _fitted_state(estimator: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that a fit has set; raises an error for others."""
    name, hints = type(estimator).__name__, _attribute_types(type(estimator))
    own = set(vars(estimator)) - set(parameters) - set(_NO_STATE)
    state = {k: v for k, v in vars(estimator).items() if k in own}
    odd = own - set(hints) - set(_OF_SKLEARN)
    if odd:
        raise TypeError(
            f"{name} has an attribute {min(odd)!r}, which is not part of its fitted state. "
            "Delete it before saving."
        )
    for absent in _missing(hints, state):
        raise NotFittedError(
            f"This {name} instance is not fitted yet (it has no {absent}). Call fit before "
            "it is saved."
        )
    return state


# ---------------------------------------------------------------- and back


def unpack(
    json_value: Any, arrays: Mapping[str, np.ndarray], *, finite: bool = True
) -> Any:
    """Return what :func:`pack` was given.

    NaN and infinity are refused if ``finite``. Parameters may hold them all the same, and
    so may what an estimator names in ``_may_hold_nan``.

    Raises
    ------
    ValueError, TypeError, LookupError, AttributeError, RuntimeError
        The value was not made by :func:`pack`, or its pieces do not belong together.
    """
    reader = _Reader(arrays)
    with reader.finite(finite):
        value = reader.read(json_value)
    if reader.unused:
        raise ValueError(f"array {min(reader.unused)!r} belongs to nothing")
    return value


class _Reader:
    """Reads packed values, and keeps account of the arrays that belong to one."""

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self.arrays = arrays
        self.unused = set(arrays)
        self._finite = True

    @contextlib.contextmanager
    def finite(self, required: bool) -> Iterator[None]:
        """Whether numbers read inside must be finite."""
        before, self._finite = self._finite, required
        yield
        self._finite = before

    def read(self, packed: Any) -> Any:
        if isinstance(packed, dict):
            kind = next(iter(packed), "")
            if set(packed) - {kind} - _BESIDE.get(kind, set()):
                raise ValueError(f"{kind} with {sorted(packed)}")
        match packed:
            case None | bool() | int() | str():
                return packed
            case float():
                require_state(math.isfinite(packed), "a number")
                return packed
            case list():
                return [self.read(item) for item in packed]
            case {"float": text}:
                require_state(not self._finite, "a number")
                return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[text]
            case {"tuple": items}:
                return tuple(self.read(items))
            case {"slice": ends}:
                return slice(*self.read(ends))
            case {"range": ends}:
                return range(*self.read(ends))
            case {"dict": items}:
                return {self.read(key): self.read(value) for key, value in items}
            case {"scalar": array}:
                return self.read(array)[()]
            case {"array": str(name)}:
                return _as_type(self._take(name), name, packed.get("dtype"))
            case {"dtype": str(name)}:
                return np.dtype(name)
            case {"objects": items, "shape": shape}:
                array = np.empty(len(items), dtype=object)
                array[:] = self.read(items)
                return array.reshape([operator.index(n) for n in shape])
            case {"frozen": inner}:
                return FrozenEstimator(self.read(inner))
            case {"object": str(name), "parameters": parameters, "state": state}:
                return self._read_object(_REGISTERED[name], parameters, state)
        raise TypeError(f"{packed!r:.80} was not packed")

    def _read_object(
        self, cls: type[Any], parameters: dict[str, Any], state: dict[str, Any]
    ) -> Any:
        if not issubclass(cls, BaseEstimator):
            parameters = {name: self.read(value) for name, value in parameters.items()}
            state = {name: self.read(value) for name, value in state.items()}
            return (_build_module if _is_module(cls) else _build_record)(
                cls, parameters, state
            )
        with self.finite(False):
            parameters = {name: self.read(value) for name, value in parameters.items()}
        odd = set(parameters) ^ set(cls._get_param_names())
        if odd:
            raise ValueError(f"parameters of {cls.__name__}: {min(odd)!r} is not as it was")
        estimator = cls(**parameters)
        estimator._validate_params()
        found = {}
        for name, value in state.items():
            with self.finite(name not in getattr(cls, "_may_hold_nan", ())):
                found[name] = self.read(value)
        hints = _attribute_types(cls)
        for name in _missing(hints, found):
            raise ValueError(f"{cls.__name__} lacks {name} ({hints[name]})")
        for name in set(found) - set(hints) - set(_OF_SKLEARN):
            raise ValueError(f"{cls.__name__} has no attribute {name!r}")
        _check_types(cls, found, hints)
        _check_names(found)
        vars(estimator).update(found)
        estimator._check_state()
        return estimator

    def _take(self, name: str) -> np.ndarray:
        array = self.arrays[name]
        self.unused.discard(name)
        if self._finite and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name} holds NaN or infinity")
        return array


def _as_type(array: np.ndarray, name: str, dtype: str | None) -> np.ndarray:
    """Turn text and times back from whole numbers, one more axis of which is a value."""
    if dtype is None:
        return array
    wanted = np.dtype(dtype)
    is_whole = array.dtype == _AS_INTEGERS[wanted.kind] and array.ndim > 0
    if not is_whole or array.shape[-1] * array.dtype.itemsize != wanted.itemsize:
        raise ValueError(f"{name} holds no {wanted}")
    if wanted.kind == "U" and array.size and array.max() > _MAX_CODE_POINT:
        raise ValueError(f"{name} holds no text")
    return np.ascontiguousarray(array).reshape(-1).view(wanted).reshape(array.shape[:-1])


def _build_record(cls: type[Any], fields: dict[str, Any], state: dict[str, Any]) -> Any:
    """Rebuild a dataclass, which has no other state than its fields."""
    require_state(not state, cls.__name__)
    _check_types(cls, fields, get_type_hints(cls, include_extras=True))
    made = cls(**fields)
    if hasattr(made, "check"):
        made.check()
    return made


def _build_module(cls: type[Any], config: dict[str, Any], weights: dict[str, Any]) -> Any:
    """Rebuild a network around weights that are there."""
    import torch

    from skmiaug.base._session import torch_defaults

    # On the meta device tensors take no memory, whatever sizes a header claims, and the
    # number of layers is limited by that of the arrays.
    with torch_defaults(), torch.device("meta"), _parameters_limited(len(weights)):
        module = cls(**config)
    expected = module.state_dict()
    if expected.keys() != weights.keys():
        odd = min(expected.keys() ^ weights.keys())
        raise ValueError(f"{cls.__name__}: weights and layers differ by {odd!r}")
    require_state(all(isinstance(a, np.ndarray) for a in weights.values()), cls.__name__)
    kinds = {array.dtype for array in weights.values() if array.dtype.kind == "f"}
    if len(kinds) > 1:
        raise ValueError(f"{cls.__name__}: weights of several types")
    for key, array in weights.items():
        wanted = expected[key]
        is_float = array.dtype.kind == "f"
        if tuple(wanted.shape) != array.shape or wanted.is_floating_point() != is_float:
            raise ValueError(
                f"{cls.__name__}: {key} has the shape {array.shape} and the type "
                f"{array.dtype}, expected {tuple(wanted.shape)} and {wanted.dtype}"
            )
    with torch_defaults():
        tensors = {key: torch.tensor(array) for key, array in weights.items()}
        module.load_state_dict(tensors, assign=True)
    return module.eval().requires_grad_(False)


@contextlib.contextmanager
def _parameters_limited(n: int) -> Iterator[None]:
    """Stop a network that has more parameters than ``n`` while it is made here."""
    from torch.nn.modules.module import register_module_parameter_registration_hook

    thread, made = threading.get_ident(), 0

    def count(module: Any, name: str, parameter: Any) -> None:
        nonlocal made
        if threading.get_ident() == thread:
            made += 1
            # Some layers register a parameter twice.
            require_state(made <= 2 * n + 8, "the number of arrays")

    handle = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()


# ---------------------------------------------------------------- types


def _is_record(cls: type) -> bool:
    return dataclasses.is_dataclass(cls) and not issubclass(cls, BaseEstimator)


def _is_module(cls: type) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and issubclass(cls, torch.nn.Module)


def _attribute_types(cls: type) -> dict[str, Any]:
    """The annotated attributes of an estimator's class and bases, with their types."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.split(".")[0] in ("sklearn", "imblearn", "builtins"):
            continue
        hints = inspect.get_annotations(base)
        # What the class itself has a value for is none of an instance's.
        found |= {n: hint for n, hint in hints.items() if n not in vars(base)}
    return found


def _missing(hints: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """Return what every fitted estimator has and ``state`` has not."""
    must = (name for name, hint in hints.items() if get_origin(hint) is not Annotated)
    return [name for name in must if name not in state]


def _check_names(state: Mapping[str, Any]) -> None:
    n, names = state.get("n_features_in_"), state.get("feature_names_in_")
    if n is not None:
        require_state(isinstance(n, int) and n > 0, "n_features_in_")
    if names is not None:
        fits = isinstance(names, np.ndarray) and names.shape == (n,)
        require_state(
            fits and all(isinstance(name, str) for name in names), "feature_names_in_"
        )


def _check_types(cls: type, values: Mapping[str, Any], hints: Mapping[str, Any]) -> None:
    for name, value in values.items():
        hint = hints.get(name, Any)
        if not _fits(value, hint):
            raise ValueError(f"{cls.__name__}.{name} is {value!r:.80}, expected {hint}")


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of an annotated type; True for annotations unknown here."""
    kind: Any = get_origin(hint) or hint
    arguments = get_args(hint)
    if kind is Annotated:
        return _fits(value, arguments[0])
    if kind in (Union, types.UnionType):
        return any(_fits(value, argument) for argument in arguments)
    if hint is None or hint is Any or not isinstance(kind, type):
        return hint is not None or value is None
    if kind in (int, float):
        numbers = (int, np.integer) if kind is int else (int, float, np.number)
        return isinstance(value, numbers) and not isinstance(value, bool)
    fits: bool = isinstance(value, kind)
    if not fits:
        return False
    if kind is dict and arguments:
        key, item = arguments
        return all(_fits(k, key) and _fits(v, item) for k, v in value.items())
    if kind is tuple and arguments[-1:] != (Ellipsis,) and arguments:
        return len(value) == len(arguments) and all(map(_fits, value, arguments))
    if issubclass(kind, Sequence) and arguments:
        return all(_fits(item, arguments[0]) for item in value)
    return True
