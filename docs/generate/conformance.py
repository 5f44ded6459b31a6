"""docs/reference/conformance.md: where the emulator, the Action door and the REST door answer the same call differently, and why.

A difference that no rule explains stops the page from being written.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from docs.generate.conformance_calls import NOBODY, PASSES, STRANGER, Flat, Step, make_calls
from docs.generate.markdown import NOTHING, notice, page, table

INTRODUCTION = """\
# Conformance

The same calls, made through three doors: the emulator, which answers as the asset library's own API is documented to; the [Action door](../how-to/official-sdk.md);
and the REST door of [①–⑫](endpoints.md). A row says where an answer differs and why; whatever no row names is equal. This page is written by
a program that makes the calls and compares every field; a test fails when it is out of date, and a difference that has no reason stops the
program.

Every error of the gateway has `Retry` beside `Code` and `Message`: whether to try again. Ids, times, tokens, addresses and
the words of messages are not compared. The REST door takes the `Id` in the path and `model` in every call.
"""
RETRY = "Error.Retry"
DONE = "https://studio.example/done"
GROUP, PERSON, ASSET = "$group", "$person", "$asset"
STEPS = (
    Step("Create a group", "CreateAssetGroup", {"Name": "hero", "Description": "lead"}, {"group": "Id"}),
    Step("Create a group without a name", "CreateAssetGroup", {}),
    Step("Create a group of a real person", "CreateAssetGroup", {"Name": "a", "GroupType": "LivenessFace"}),
    Step("Get a group", "GetAssetGroup", {"Id": GROUP}),
    Step("Get a group that is not there", "GetAssetGroup", {"Id": "group-20000101000000-aaaaa"}),
    Step("Rename a group", "UpdateAssetGroup", {"Id": GROUP, "Name": "heroine"}),
    Step("List groups by number", "ListAssetGroups", {"Filter": {"GroupType": "AIGC"}, "PageNumber": 1, "PageSize": 5}),
    Step("List groups without a page", "ListAssetGroups", {"Filter": {"GroupType": "AIGC"}}),
    Step("List groups of every type", "ListAssetGroups", {"PageNumber": 1, "PageSize": 5}),
    Step("Start a face check", "CreateVisualValidateSession", {"CallbackURL": DONE}, {"token": "BytedToken"}),
    Step("Exchange before the check is passed", "GetVisualValidateResult", {"BytedToken": "$token"}),
    Step(
        "Exchange a passed check",
        "GetVisualValidateResult",
        {"BytedToken": "$token"},
        {"person": "GroupId"},
        caller=PASSES,
    ),
    Step(
        "Upload a picture",
        "CreateAsset",
        {"GroupId": PERSON, "URL": "$picture", "AssetType": "Image", "Name": "front"},
        {"asset": "Id"},
    ),
    Step("Upload a data: address", "CreateAsset", {"GroupId": PERSON, "URL": "data:,x", "AssetType": "Image"}),
    Step("Get an asset", "GetAsset", {"Id": ASSET}, until="Active"),
    Step("Get an asset that is not there", "GetAsset", {"Id": "asset-20000101000000-aaaaa"}),
    Step("Rename an asset", "UpdateAsset", {"Id": ASSET, "Name": "portrait"}),
    Step("List assets by token", "ListAssets", {"Filter": {"GroupType": "LivenessFace"}, "MaxResults": 5}),
    Step("Delete an asset", "DeleteAsset", {"Id": ASSET}),
    Step("Delete a group", "DeleteAssetGroup", {"Id": GROUP}),
    Step("Call without credentials", "ListAssets", {"Filter": {"GroupType": "AIGC"}, "MaxResults": 5}, caller=NOBODY),
    Step("Call with an unknown key", "ListAssets", {"Filter": {"GroupType": "AIGC"}, "MaxResults": 5}, caller=STRANGER),
)

WHOLE = "Creating and updating answer the whole object."
# The first rule whose step and path fit explains a difference.
REASONS: Sequence[tuple[str, str, str]] = (
    (r"Call .*", r"Error\.CodeN", "The REST door has codes only."),
    (r"Call with an unknown key", r"Error\.Code", "The REST door takes Bearer keys, the others access keys."),
    (r"(Create a|Rename a|Upload a picture).*", r"Result\..*", WHOLE),
    (
        r"Exchange a passed check",
        r"Result\.(Id|GroupType)",
        "⑫ says what it made, in the words of the other operations.",
    ),
    (
        r"List groups without a page",
        r"Result\..*",
        "The REST door begins with numbered pages, the official API with tokens.",
    ),
    (
        r"List groups of every type",
        r"(HTTP|Error\..*|Result\..*)",
        "Ours lists groups of both types when the filter names none.",
    ),
    (
        r"Exchange before.*",
        r"(HTTP|Error\..*)",
        "What is pending has an HTTP status of its own, 409, and is never asked of the library.",
    ),
)


class Difference(NamedTuple):
    """A field of an answer that is not the same through every door."""

    title: str
    why: str
    path: str
    values: tuple[str | None, ...]

    @property
    def is_more(self) -> bool:
        """Whether the gateway simply says more than the asset library."""
        return self.values[0] is None and None not in self.values[1:]


def build_page() -> str:
    """Make the calls and return the page as Markdown."""
    answers = asyncio.run(make_calls(STEPS))
    rows: list[tuple[str, ...]] = []
    calls = []
    for step, flats in zip(STEPS, answers, strict=True):
        found = list(differences(step, flats))
        rows += _rows(found)
        calls.append((step.title, f"`{step.action}`", "differs" if found else "equal"))
    head = ("Call", "Where", "Emulator", "Action door", "REST door", "Why")
    parts = [notice("docs/generate/conformance.py"), INTRODUCTION, "## Differences", table(head, rows)]
    return page(*parts, "## Every call", table(("Call", "Action", "Answers"), calls))


def differences(step: Step, flats: Sequence[Flat]) -> Iterator[Difference]:
    """Yield every field whose values are not all equal.

    Raises:
        ValueError: there is no reason for one.

    """
    for path in dict.fromkeys(path for flat in flats for path in flat):
        values = tuple(flat.get(path) for flat in flats)
        shown = path.removeprefix("ResponseMetadata.")
        if len(set(values)) > 1 and shown != RETRY:
            yield Difference(step.title, _reason(step, shown, values), shown, values)


def _rows(found: Sequence[Difference]) -> Iterator[tuple[str, ...]]:
    """Yield a row for every difference; fields that are just more share one."""
    for (title, why, is_more), same in groupby(found, key=lambda one: (one.title, one.why, one.is_more)):
        if is_more:
            paths = " ".join(f"`{one.path}`" for one in same)
            yield title, paths, NOTHING, "there", "there", why
        else:
            yield from ((title, f"`{one.path}`", *map(_cell, one.values), why) for one in same)


def _cell(value: str | None) -> str:
    return NOTHING if value is None else f"`{value}`"


def _reason(step: Step, path: str, values: Sequence[str | None]) -> str:
    for title, where, why in REASONS:
        if re.fullmatch(title, step.title) and re.fullmatch(where, path):
            return why
    raise ValueError(f"{step.title}: {path} is {values}, and nothing says why.")
