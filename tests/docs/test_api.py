"""Every public name is documented: parameters, results, errors, sources."""

import inspect
import pydoc
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import is_dataclass
from typing import Any, NamedTuple

import pytest
from sklearn.base import BaseEstimator

from tests.docs._pages import DOCS

pytest.importorskip("numpydoc", reason="numpydoc reads the docstrings (extra: docs)")
from numpydoc.docscrape import ClassDoc, FunctionDoc

sys.path.insert(0, str(DOCS / "_ext"))
from api_index import public_names, write_api_pages
from parameter_groups import GROUP_OF, MANY, group_parameters

sys.path.remove(str(DOCS / "_ext"))


class Public(NamedTuple):
    """A public class, function or method."""

    name: str
    value: Any
    owner: type | None = None

    def __str__(self) -> str:
        return self.name


def own_methods(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods written in skmiaug, those of private bases of ours too."""
    for name, value in inspect.getmembers(cls, inspect.isroutine):
        written_here = str(getattr(value, "__module__", "")).startswith("skmiaug")
        made_by_sklearn = name.startswith("set_") and name.endswith("_request")
        if not name.startswith("_") and written_here and not made_by_sklearn:
            yield name, value


def walk() -> Iterator[Public]:
    from importlib import import_module

    for module_name, names in public_names().items():
        module = import_module(module_name)
        for name in names:
            value = getattr(module, name)
            yield Public(f"{module_name}.{name}", value)
            if inspect.isclass(value) and not issubclass(value, (tuple, BaseException)):
                for method_name, method in own_methods(value):
                    yield Public(f"{module_name}.{name}.{method_name}", method, value)


ALL = list(walk())
ERRORS = [p for p in ALL if inspect.isclass(p.value) and issubclass(p.value, BaseException)]
TUPLES = [p for p in ALL if inspect.isclass(p.value) and issubclass(p.value, tuple)]
PROTOCOLS = [p for p in ALL if getattr(p.value, "_is_protocol", False)]
CLASSES = [
    p for p in ALL if inspect.isclass(p.value) and p not in [*ERRORS, *TUPLES, *PROTOCOLS]
]
FUNCTIONS = [p for p in ALL if not inspect.isclass(p.value)]


def documented(parameters: list[Any]) -> list[str]:
    """Names of a section, those of "a, b : int" one by one and without their stars."""
    return [
        name.strip().lstrip("*")
        for parameter in parameters
        for name in parameter.name.split(",")
    ]


def n_in_order(value: Any) -> int:
    """How many parameters come first and have an order; others are passed by name."""
    parameters = inspect.signature(value).parameters.values()
    return sum(p.kind is not p.KEYWORD_ONLY for p in parameters)


def in_signature(value: Any) -> list[str]:
    names = [n for n in inspect.signature(value).parameters if n not in ("self", "cls")]
    return names


def raises_itself(value: Any) -> bool:
    """Whether the body has a raise of its own with a public kind of error."""
    source = inspect.getsource(inspect.unwrap(value))
    return "\n    raise " in source or "\n        raise " in source


def each(publics: Iterable[Public]) -> Callable[[Callable[[Public], None]], Callable]:
    """Make one test of a check of many names: it lists those that fail."""

    def decorate(check: Callable[[Public], None]) -> Callable[[], None]:
        def test() -> None:
            failed = {}
            for public in publics:
                try:
                    check(public)
                except AssertionError as error:
                    failed[public.name] = str(error)
            assert not failed, "\n".join(f"{name}: {why}" for name, why in failed.items())

        test.__name__ = check.__name__
        return test

    return decorate


@each(ALL)
def test_it_begins_with_one_sentence(public):
    lines = (inspect.getdoc(public.value) or "").split("\n")
    assert lines[0].strip(), "no docstring"
    assert lines[0].rstrip().endswith((".", ":")), "no sentence on the first line"
    assert len(lines) == 1 or not lines[1].strip(), "the first line does not stand alone"


@each(CLASSES)
def test_a_class_documents_its_parameters(public):
    doc = ClassDoc(public.value)
    told = documented(doc["Parameters"])
    if is_dataclass(public.value):
        told = told or documented(doc["Attributes"])  # the fields are both
    wanted, n = in_signature(public.value), n_in_order(public.value)
    assert told[:n] == wanted[:n]
    assert sorted(told[n:]) == sorted(wanted[n:])


@each(FUNCTIONS)
def test_a_function_documents_its_parameters(public):
    wanted = in_signature(public.value)
    doc = FunctionDoc(public.value)
    text = inspect.getdoc(public.value) or ""
    if not doc["Parameters"] and len(wanted) <= 3 and public.owner is not None:
        # A method of a splitter and the like: a line of text may say it all.
        return
    if not doc["Parameters"] and len(wanted) == 1 and f"``{wanted[0]}``" in text:
        return
    assert documented(doc["Parameters"]) == wanted


@each([*CLASSES, *FUNCTIONS])
def test_defaults_are_documented(public):
    doc = (ClassDoc if inspect.isclass(public.value) else FunctionDoc)(public.value)
    types = {
        name.strip().lstrip("*"): parameter.type
        for parameter in doc["Parameters"]
        for name in parameter.name.split(",")
    }
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(public.value).parameters.items()
        if parameter.default is not parameter.empty
    }
    # "ignored", and "as for" another method, say it without a type.
    shown = {n: t for n, t in types.items() if n in defaults and t not in ("", "ignored")}
    assert [n for n, t in shown.items() if "default" not in t] == []
    plain = {n for n in shown if isinstance(defaults[n], (bool, str, type(None)))}
    wrong = [n for n in plain if not _says(shown[n], defaults[n])]
    assert wrong == []


def _says(text: str, default: object) -> bool:
    return text.endswith((f"={default!r}", f'="{default}"'))


# Results of a function that has an example, or read from a corpus.
RESULTS = (
    "BaseAugmenter",  # has an example on a page of its own
    "MIPath",
    "QualityReport",
    "AcousticSegments",
    "InformationResult",
)


@each([*CLASSES, *FUNCTIONS])
def test_it_has_an_example(public):
    if public.owner is None and not public.name.endswith(RESULTS):
        assert ">>>" in (inspect.getdoc(public.value) or "")


@each(FUNCTIONS)
def test_a_function_documents_its_result(public):
    annotation = inspect.signature(public.value).return_annotation
    doc = FunctionDoc(public.value)
    if annotation in (None, "None"):
        assert not doc["Returns"]
    elif public.owner is None:
        assert doc["Returns"] or doc["Yields"]


@each(FUNCTIONS)
def test_a_function_that_raises_documents_its_errors(public):
    if public.owner is None and raises_itself(public.value):
        assert FunctionDoc(public.value)["Raises"]


@each([p for p in CLASSES if hasattr(p.value, "fit")])
def test_an_estimator_documents_what_it_fits(public):
    names = documented(ClassDoc(public.value)["Attributes"])
    assert names
    assert all(name.endswith("_") or name == "feature_names_in_" for name in names)


@each(TUPLES)
def test_a_named_tuple_documents_its_fields(public):
    doc = ClassDoc(public.value)
    told = documented(doc["Attributes"]) or documented(doc["Parameters"])
    assert told == list(public.value._fields)


@each([p for p in ALL if p.owner is None and p not in ERRORS + TUPLES])
def test_it_links_to_related_names_that_exist(public):
    doc = ClassDoc if inspect.isclass(public.value) else FunctionDoc
    related = [name for names, _ in doc(public.value)["See Also"] for name, _ in names]
    assert related
    module = public.name.rpartition(".")[0]
    for name in related:
        assert pydoc.locate(name) or pydoc.locate(f"{module}.{name}")


def test_every_public_name_is_on_the_page_of_the_api(tmp_path):
    write_api_pages(tmp_path)
    index = (tmp_path / "index.rst").read_text()
    for public in ALL:
        if public.owner is None:
            module, _, name = public.name.rpartition(".")
            assert f"\n   {name}\n" in (tmp_path / f"{module}.rst").read_text()
            assert f"`~{public.name}`" in index


LONG = [p for p in CLASSES if len(in_signature(p.value)) >= MANY]


@each(LONG)
def test_a_long_list_of_parameters_is_shown_in_groups(public):
    pytest.importorskip("sphinx", reason="numpydoc writes pages with sphinx (extra: docs)")
    from numpydoc.docscrape_sphinx import SphinxClassDoc

    shown = str(SphinxClassDoc(public.value, config={"show_class_members": False}))
    before = shown.split("\n")
    after = before.copy()
    group_parameters(None, "class", public.name, public.value, {}, after)
    headings = [line for line in after if ".. rubric::" in line and line[0] == " "]
    assert len(headings) > 2
    # Nothing is added but headings, and nothing is lost.
    added = [*headings, *["       :class: parameter-group"] * len(headings)]
    assert sorted(filter(str.strip, after)) == sorted([*filter(str.strip, before), *added])


def test_the_groups_hold_parameters_that_exist():
    assert {*GROUP_OF} <= {name for p in LONG for name in in_signature(p.value)}


def test_the_walk_finds_the_estimators_and_the_modules():
    names = {public.name for public in ALL}
    assert {
        "skmiaug.GaussianAugmenter",
        "skmiaug.MIGANAugmenter",
        "skmiaug.MIGANAugmenter.fit_resample",
        "skmiaug.over_sampling.BaseAugmenter",
        "skmiaug.TransformerFeatures.transform",
        "skmiaug.save",
        "skmiaug.evaluation.compare_samplers",
        "skmiaug.exceptions.LeakageError",
    } <= names
    assert any(name.startswith("skmiaug.metrics.") for name in names)
    assert any(name.startswith("skmiaug.datasets.load_") for name in names)


@each(
    [
        p
        for p in CLASSES
        if issubclass(p.value, BaseEstimator) and not inspect.isabstract(p.value)
    ]
)
def test_the_error_of_an_unknown_parameter_names_the_estimator(public):
    with pytest.raises(TypeError, match=rf"{public.value.__name__}\.__init__\(\)"):
        public.value(no_such_parameter=1)


@each([p for p in ALL if callable(p.value)])
def test_a_signature_is_short_enough_to_read(public):
    try:
        shown = str(inspect.signature(public.value))
    except ValueError:  # of classes written in C
        return
    # numpy's ArrayLike, drawn out, takes five lines for each argument.
    assert "_typing" not in shown
