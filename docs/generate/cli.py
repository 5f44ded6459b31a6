"""docs/reference/cli.md: every command with its arguments and options, from the commands themselves."""

from collections.abc import Iterator, Sequence

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from docs.generate.markdown import fence, notice, page, table
from stagedoor.cli.main import app

INTRODUCTION = """\
# Commands

`stagedoor COMMAND --help` shows the same in the terminal. Most commands work on the database of the settings ([settings.md](settings.md)):
run them where the gateway runs, with the same environment. An SQLite file may be changed while the gateway serves it.
`login`, `logout`, `verify`, `upload`, `groups`, `assets`, `events`, `listen`, `trigger` and `mcp` speak to a gateway over HTTP, from anywhere, with a tenant's key: see
[Use the command line](../how-to/command-line.md).

What is wrong is said in one line on standard error, with exit code 1, or, over HTTP, with one of [these](../how-to/command-line.md#exit-codes). A wrong
option gives exit code 2. Secrets are read from the terminal or from standard input, never from the arguments, which everybody on the machine can see.

Where an option of `stagedoor serve` has no default, the setting of that name counts.
"""

Path = tuple[str, ...]


def build_page() -> str:
    """Return the page as Markdown."""
    commands = list(walk(_root(), ("stagedoor",)))
    rows = [(f"[`{' '.join(path)}`](#{'-'.join(path)})", _help(command)) for path, command in commands]
    return page(
        notice("src/stagedoor/cli/"),
        INTRODUCTION,
        table(("Command", "Does"), rows),
        *(_section(path, command) for path, command in commands),
    )


def walk(group: TyperGroup, path: Path) -> Iterator[tuple[Path, TyperCommand]]:
    """Yield every command below a group with the words that call it."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from walk(command, (*path, name))
        elif isinstance(command, TyperCommand):
            yield (*path, name), command


def _root() -> TyperGroup:
    root = typer.main.get_command(app)
    if not isinstance(root, TyperGroup):
        raise TypeError("the program has commands")
    return root


def _section(path: Path, command: TyperCommand) -> str:
    # Only the names are taken from the context: nothing here depends on a terminal.
    context = typer.Context(command, info_name=" ".join(path))
    arguments = [param for param in command.params if isinstance(param, TyperArgument)]
    options = [param for param in command.params if isinstance(param, TyperOption) and not param.hidden]
    pieces = [piece for piece in command.collect_usage_pieces(context) if options or piece != "[OPTIONS]"]
    parts = [f"## {' '.join(path)}", _help(command), fence("text", " ".join([*path, *pieces]))]
    if arguments:
        parts.append(table(("Argument", "Required", "What it is"), (_argument(param) for param in arguments)))
    if options:
        parts.append(
            table(("Option", "Value", "Default", "What it does"), (_option(param, context) for param in options))
        )
    return page(*parts)


def _help(command: TyperCommand) -> str:
    return " ".join((command.help or "").split())


def _argument(param: TyperArgument) -> Sequence[str]:
    return f"`{param.name}`", "yes" if param.required else "no", param.help or ""


def _option(param: TyperOption, context: typer.Context) -> Sequence[str]:
    names = ", ".join(f"`{name}`" for name in (*param.opts, *param.secondary_opts))
    return names, _value(param, context), _default(param), param.help or ""


def _value(param: TyperOption, context: typer.Context) -> str:
    if param.is_flag:
        return ""
    words = {"<int>": "whole number", "<float>": "number", "<path>": "path"}
    shown = words.get(param.display_type(context), "text")
    if param.min is not None and param.max is not None:
        shown = f"whole number, {param.min} to {param.max}"
    return f"{shown}; may be repeated" if param.multiple else shown


def _default(param: TyperOption) -> str:
    if param.required:
        return "required"
    if param.is_flag:
        return "on" if param.default else "off"
    return "" if param.default in {None, ""} else f"`{param.default}`"
