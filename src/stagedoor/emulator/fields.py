"""Reading request fields: present, of the right kind, within their limits. ``null`` counts as absent."""

from typing import Any

from stagedoor.emulator.errors import invalid, missing

DEFAULT_PROJECT = "default"


def text(body: dict[str, Any], field: str, longest: int | None = None, *, path: str = "") -> str | None:
    """Return a string field or ``None``. ``longest`` counts characters, not bytes; ``path`` names the enclosing object."""
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise invalid(path + field, f"{path}{field} must be a string.")
    if longest is not None and len(value) > longest:
        raise invalid(path + field, f"{path}{field} must be at most {longest} characters long.")
    return value


def required_text(body: dict[str, Any], field: str, longest: int | None = None, *, path: str = "") -> str:
    value = text(body, field, longest, path=path)
    if not value:
        raise missing(path + field)
    return value


def integer(body: dict[str, Any], field: str, lowest: int, highest: int) -> int | None:
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise invalid(field, f"{field} must be a whole number from {lowest} to {highest}.")
    return value


def choice(body: dict[str, Any], field: str, choices: tuple[str, ...], *, path: str = "") -> str | None:
    value = text(body, field, path=path) or None
    if value is not None and value not in choices:
        raise invalid(path + field, f"{path}{field} must be one of {', '.join(choices)}.")
    return value


def texts(body: dict[str, Any], field: str, *, path: str = "") -> list[str] | None:
    """Return a list of strings; an empty list sets no condition and reads as ``None``."""
    value = body.get(field)
    if value is None or value == []:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid(path + field, f"{path}{field} must be a list of strings.")
    return value


def record(body: dict[str, Any], field: str) -> dict[str, Any] | None:
    value = body.get(field)
    if value is not None and not isinstance(value, dict):
        raise invalid(field, f"{field} must be an object.")
    return value


def project_name(body: dict[str, Any]) -> str:
    return text(body, "ProjectName", 256) or DEFAULT_PROJECT
