"""Rows to structs and parameters to columns, the same for both databases.

Times are whole microseconds since 1970, tuples are JSON texts; everything else is stored as it is.
"""

import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import starmap

import msgspec

from stagedoor.clock import from_microseconds, to_microseconds
from stagedoor.db.database import Param, Record

Value = str | int | float | bytes | None
_NAME = re.compile(r":([a-z_][a-z0-9_]*)")


@cache
def columns(cls: type[msgspec.Struct]) -> str:
    """Return the column list that ``find`` and ``list`` expect for a struct."""
    return ", ".join(cls.__struct_fields__)


@cache
def reader(cls: type[Record]) -> Callable[[Iterable[Sequence[typing.Any]]], list[Record]]:
    """Return the function that makes structs of rows whose columns are ``columns(cls)``."""
    hints = typing.get_type_hints(cls)
    options = {name: _options(hints[name]) for name in cls.__struct_fields__}
    times = [index for index, name in enumerate(options) if datetime in options[name]]
    texts = [index for index, name in enumerate(options) if any(typing.get_origin(o) is tuple for o in options[name])]
    if not times and not texts:
        return lambda rows: list(starmap(cls, rows))

    def read(row: Sequence[typing.Any]) -> Record:
        values = [*row]
        for index in times:
            if (value := values[index]) is not None:
                values[index] = from_microseconds(value)
        for index in texts:
            if (value := values[index]) is not None:
                values[index] = _read_tuple(value)
        return cls(*values)

    return lambda rows: [read(row) for row in rows]


def _options(hint: typing.Any) -> tuple[typing.Any, ...]:
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)


_read_tuple = msgspec.json.Decoder(tuple[str, ...]).decode


def to_values(params: Mapping[str, Param]) -> Mapping[str, Value]:
    """Return the parameters in the form both drivers store."""
    if _PLAIN.issuperset(map(type, params.values())):
        return typing.cast("Mapping[str, Value]", params)
    return {name: _to_value(value) for name, value in params.items()}


_PLAIN = frozenset({str, int, float, bytes, type(None)})


def _to_value(value: Param) -> Value:
    if isinstance(value, datetime):
        return to_microseconds(value)
    if isinstance(value, tuple):
        return msgspec.json.encode(value).decode()
    return value


@cache
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Turn ``:name`` into ``$1`` and return the names in their order (PostgreSQL)."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return _NAME.sub(number, sql), tuple(names)


def in_list(name: str, values: Sequence[str] | Sequence[int]) -> tuple[str, dict[str, Param]]:
    """Return ``(:name_0, :name_1, …)`` and its parameters, for ``IN``."""
    given: Sequence[Param] = values
    params = {f"{name}_{index}": value for index, value in enumerate(given)}
    return "(" + ", ".join(f":{key}" for key in params) + ")", params
