"""Whatever is sent: an answer in the envelope, and never a failure of the server's own."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagedoor.emulator import EmulatorSettings, start_emulator
from stagedoor.emulator.actions import ACTIONS
from tests.support.emulator import SignedClient

TEXT = st.text(st.characters(codec="utf-8"), max_size=80)
SCALARS = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=8
)
FIELDS = [
    "Id", "Name", "Description", "GroupType", "ProjectName", "GroupId", "URL", "AssetType", "Moderation", "Filter",
    "PageNumber", "PageSize", "MaxResults", "NextToken", "SortBy", "SortOrder", "CallbackURL", "BytedToken",
]  # fmt: skip
FILTERS = st.fixed_dictionaries(
    {"GroupType": st.sampled_from(["AIGC", "LivenessFace", ""]) | VALUES},
    optional={"GroupIds": st.lists(TEXT) | VALUES, "Statuses": st.lists(TEXT) | VALUES, "Name": TEXT | VALUES},
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), VALUES) | st.fixed_dictionaries(
    {"Filter": FILTERS},
    optional={"PageNumber": st.integers(), "PageSize": st.integers(1, 100), "NextToken": TEXT, "SortBy": TEXT},
)
IDS = st.from_regex(r"(group|asset|assetgroup|Asset)-[0-9]{0,20}-?[a-z0-9]{0,9}", fullmatch=True) | TEXT


def send_all(folder: Path, calls: list[tuple[str, bytes]]) -> list[tuple[int, dict[str, Any]]]:
    async def run() -> list[tuple[int, dict[str, Any]]]:
        running = await start_emulator(EmulatorSettings(data_dir=folder))
        answers = []
        async with aiohttp.ClientSession() as http:
            ark = SignedClient(running, http)
            for action, body in calls:
                headers = ark.sign(action, body.decode("utf-8", "replace"))
                answer = await ark.send(f"/?Action={action}&Version=2024-01-01", body=body, headers=headers)
                answers.append((answer.status, answer.document))
        await running.stop()
        return answers

    return asyncio.run(run())


@given(calls=st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), BODIES), min_size=20, max_size=40))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_body_of_any_shape_makes_the_server_fail(tmp_path: Path, calls: list[tuple[str, dict[str, Any]]]) -> None:
    for status, document in send_all(tmp_path, [(action, msgspec.json.encode(body)) for action, body in calls]):
        assert status < 500, document
        assert ("Error" in document["ResponseMetadata"]) == (status != 200)


@given(raw=st.lists(st.binary(max_size=200), min_size=20, max_size=40))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_bytes_make_the_server_fail(tmp_path: Path, raw: list[bytes]) -> None:
    for status, document in send_all(tmp_path, [("ListAssets", body) for body in raw]):
        assert 400 <= status < 500, document


@given(ids=st.lists(IDS.filter(bool), min_size=10, max_size=20))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_id_of_any_form_is_looked_up_and_not_judged(tmp_path: Path, ids: list[str]) -> None:
    calls = [
        (action, msgspec.json.encode({"Id": each}))
        for each in ids
        for action in (
            "GetAssetGroup",
            "GetAsset",
            "DeleteAsset",
            "DeleteAssetGroup",
            "UpdateAsset",
            "UpdateAssetGroup",
        )
    ]
    for (_, body), (status, document) in zip(calls, send_all(tmp_path, calls), strict=True):
        assert status == 404
        assert msgspec.json.decode(body)["Id"] in document["ResponseMetadata"]["Error"]["Message"]
