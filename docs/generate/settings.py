"""docs/reference/settings.md: every setting with its type, limits, default and meaning."""

import ast
import inspect
from itertools import pairwise
from typing import Any

import msgspec
from msgspec.inspect import BoolType, Field, FloatType, IntType, LiteralType, StructType

from docs.generate.markdown import fence, notice, page, table
from stagedoor import settings
from stagedoor.settings import PREFIX, Settings

INTRODUCTION = """\
# Settings

A setting is taken from the first of these places that has it:

1. the options of a command: `--host`, `--port` and `--workers` of `stagedoor serve`;
2. the environment: the variable in the table;
3. the TOML file named by `STAGEDOOR_CONFIG`: the name in the table, without sections;
4. the default.
"""

RULES = """\
Seconds and days may have decimals. Settings are read once, when a program starts. An unknown name in the file or in the environment, or a value beyond its limits, stops the program
with a message that names it: a misspelt setting is never silently ignored. Some variables are no settings: `STAGEDOOR_CONFIG` itself,
`STAGEDOOR_API_KEY`, `STAGEDOOR_BASE_URL` and `STAGEDOOR_MODEL`, by which [clients](../how-to/python-client.md) know where to call, and `STAGEDOOR_TEST_…`, which are for this project's tests.

`stagedoor dev` reads none of this: it sets what it needs by itself. The emulator has options instead ([cli.md](cli.md#stagedoor-emulator)).

In Kubernetes, a Service called `stagedoor` makes the cluster inject `STAGEDOOR_PORT=tcp://…` and more into every pod of the namespace. Set
`enableServiceLinks: false` ([behind a proxy](../how-to/behind-a-proxy.md#kubernetes)).
"""

EXAMPLE = {"public_url": "https://gateway.example.com", "host": "0.0.0.0", "upstream_timeout": 15.0}  # noqa: S104 - an example


def build_page() -> str:
    """Return the page as Markdown."""
    struct = msgspec.inspect.type_info(Settings)
    if not isinstance(struct, StructType):
        raise TypeError("Settings is a struct")
    texts = read_docstrings()
    rows = [_row(field, texts[field.name]) for field in struct.fields]
    head = ("Setting", "Environment", "Value", "Default", "What it decides")
    return page(
        notice("src/stagedoor/settings.py"),
        INTRODUCTION,
        fence("toml", "\n".join(f"{name} = {_toml(value)}" for name, value in EXAMPLE.items())),
        RULES,
        table(head, rows),
    )


def read_docstrings() -> dict[str, str]:
    """Return the sentence that follows each setting in the source: no object keeps it at run time."""
    module = ast.parse(inspect.getsource(settings))
    body = next(node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    texts = {}
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            texts[field.target.id] = str(ast.literal_eval(text.value))
    return texts


def _row(field: Field, text: str) -> tuple[str, ...]:
    variable = f"{PREFIX}{field.name.upper()}"
    return f"`{field.name}`", f"`{variable}`", _value(field), _default(field.default), text


def _value(field: Field) -> str:
    kind = field.type
    if isinstance(kind, LiteralType):
        return ", ".join(f"`{value}`" for value in sorted(kind.values, key=str))
    if isinstance(kind, FloatType | IntType):
        return ", ".join([_unit(field.name, kind), *_limits(kind)])
    return "`true` or `false`" if isinstance(kind, BoolType) else "text"


def _unit(name: str, kind: FloatType | IntType) -> str:
    if isinstance(kind, FloatType):
        return "days" if name.endswith("_days") else "seconds"
    return "bytes, a whole number" if name.startswith("body_") else "whole number"


def _limits(kind: FloatType | IntType) -> list[str]:
    if kind.ge is not None and kind.le is not None:
        return [f"{kind.ge:g} to {int(kind.le)}"]
    limits = []
    if kind.gt is not None:
        limits.append(f"more than {kind.gt:g}")
    if kind.ge is not None:
        limits.append(f"at least {kind.ge:g}")
    if kind.le is not None:
        limits.append(f"at most {int(kind.le)}")
    return limits


def _default(value: Any) -> str:
    if value == "":
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{int(value) if isinstance(value, float) and value.is_integer() else value}`"


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
