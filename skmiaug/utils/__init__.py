"""Helpers without estimators: devices, seeds, containers, files, optional packages."""

from importlib import import_module
from types import ModuleType

from skmiaug.exceptions import MissingExtraError


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import ``module`` or say which ``extra`` of skmiaug brings it: MissingExtraError.

    ``purpose`` is what it is needed for, as the end of "... is needed to".
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtraError(
            f"{package} is needed to {purpose}, and it cannot be imported ({error}). "
            f'Install it with: pip install "skmiaug[{extra}]"'
        ) from error
