"""The reference page names everything there is."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from stagedoor.emulator.control import control_routes
from stagedoor.emulator.failures import FAILURE_MESSAGES, POLICY_SUFFIX
from stagedoor.emulator.faults import Fault, Kind
from stagedoor.emulator.inspection import inspection_routes
from stagedoor.emulator.settings import Rules

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "emulator.md").read_text("utf-8")


@pytest.mark.parametrize("kind", [Rules, Fault])
def test_every_setting_and_every_field_of_a_fault_is_documented(kind: type[msgspec.Struct]) -> None:
    names = [field.name for field in msgspec.structs.fields(kind)]
    assert [name for name in names if f"`{name}`" not in PAGE and f'"{name}"' not in PAGE] == []


def test_every_kind_of_fault_is_documented() -> None:
    assert [kind for kind in get_args(Kind) if f"| `{kind}` |" not in PAGE] == []


def test_every_known_failure_code_is_documented() -> None:
    assert [code for code in FAILURE_MESSAGES if f"`{code.removesuffix(POLICY_SUFFIX)}`" not in PAGE] == []


def test_every_control_route_is_documented() -> None:
    paths = {route.path.replace("byted_token", "BytedToken") for route in [*control_routes(), *inspection_routes()]}
    assert [path for path in sorted(paths) if path not in PAGE] == []


@pytest.mark.parametrize("choice", ["token_policy", "pending", "lost_record", "download_failure", "omitted_field"])
def test_every_choice_of_a_setting_is_documented(choice: str) -> None:
    (field,) = (field for field in msgspec.structs.fields(Rules) if field.name == choice)
    assert [value for value in get_args(field.type) if f"`{value}`" not in PAGE] == []
