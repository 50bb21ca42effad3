"""A plug-in folder holds values; one call gathers them."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, TypeVar

from synfin.basics.errors import DefinitionError

if TYPE_CHECKING:
    from types import ModuleType

T = TypeVar("T")


def collect(package: ModuleType, wanted: type[T]) -> tuple[T, ...]:
    """The values of one type that the modules of a folder define in upper case, sorted by `name`.

    A module defines one value, or a tuple of values that belong together.

    Raises:
        DefinitionError: two values share a name; the sentence names both modules.
    """
    found: dict[str, tuple[T, str]] = {}
    for module_name in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        module = importlib.import_module(f"{package.__name__}.{module_name}")
        for value in _values(module, wanted):
            name = str(value.name)  # type: ignore[attr-defined]
            if name in found:
                raise DefinitionError(f"{found[name][1]} and {module.__name__} both define {name!r}.")
            found[name] = (value, module.__name__)
    return tuple(value for _, (value, _) in sorted(found.items()))


def _values(module: ModuleType, wanted: type[T]) -> list[T]:
    own = [
        value
        for name, value in vars(module).items()
        if name in ("PROTOCOL", "PROTOCOLS", "FACTS", "RULE", "SCENARIO")
    ]
    gathered: list[T] = []
    for value in own:
        gathered += [
            one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, wanted)
        ]
    return gathered
