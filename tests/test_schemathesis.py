"""The API is what its own OpenAPI document says: schemathesis reads the served document and tries to prove it wrong.

Every check of schemathesis is on. What it must be told, because JSON Schema cannot say it, stands in ``good_manners``.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import aiohttp
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.schemas import BaseSchema

from stagedoor.contract.operations import BY_ACTION, OPERATIONS
from stagedoor.doors.openapi.imports import TABLE
from stagedoor.groups.listing import DEEPEST
from tests.support import databases
from tests.support.gateway import FAST_MODEL, MODEL, Api, RunningGateway

# Hypothesis looks at schemathesis's own records when a case was slow; how long they are by then says nothing about ours.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
ADMIN = "^/admin/"
WITH_ID = {operation.action for operation in OPERATIONS if operation.has_id}
SEED = 20_261_123
TENANT_EXAMPLES = 50
OPERATOR_EXAMPLES = 15
SLOWEST_SECONDS = 5
NOBODYS = "group-20260601191715-zzzzz"
UPLOADS = ("ContinueUpload", "CreateUpload")
"""The parts of a file are tus', with statuses and a content type of its own (tests/uploads/test_tus.py); of a form, parts that nobody
knows are ignored, which a schema of its fields cannot say (tests/uploads/test_door.py)."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
    "allow_header_conformance",
    "max_response_time",
)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return databases.fresh_sqlite(sqlite_template, tmp_path)


def configuration(url: str, key: str, examples: int, **more: Any) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "base-url": url,
            "auth": {"openapi": {"bearer": {"bearer": key}}},
            "continue-on-failure": True,
            "request-timeout": 10,
            "generation": {
                "mode": "all",
                "max-examples": examples,
                "deterministic": True,
                "database": "none",
                # NUL is refused anywhere in a body, which no schema can say of fields that are not its own.
                "allow-x00": False,
            },
            "checks": {name: {"enabled": True} for name in CHECKS} | {"max_response_time": SLOWEST_SECONDS},
            **more,
        }
    )


@contextmanager
def good_manners() -> Iterator[None]:
    """Let cases that are meant to be right keep the rules that a schema cannot say; those meant to be wrong stay."""
    serial = count()

    @schemathesis.hook
    def before_call(_: Any, case: Any, __: dict[str, Any]) -> None:
        if case.meta is None or not case.meta.generation.mode.is_positive:
            return
        if "Idempotency-Key" in (case.headers or {}):
            # A key is used for one request only.
            case.headers["Idempotency-Key"] = f"{case.headers['Idempotency-Key'][:200]}-{next(serial)}"
        # A NextToken is only ever one that a list gave.
        (case.query or {}).pop("NextToken", None)
        if case.operation.path == "/v1/imports":
            _mend_import(case)
        body = case.body
        if not isinstance(body, dict):
            return
        for name, value in body.items():
            if isinstance(value, float) and value.is_integer():
                # To JSON Schema 1.0 is an integer; here an integer is written like one.
                body[name] = int(value)
        # A NextToken is only ever one that a list gave.
        body.pop("NextToken", None)
        if body.get("MaxResults") is not None:
            # The two paging modes exclude one another.
            body.pop("PageNumber", None)
            body.pop("PageSize", None)
        page, size = body.get("PageNumber") or 1, body.get("PageSize") or 10
        if isinstance(page, int) and isinstance(size, int) and page * size > DEEPEST:
            # Numbered pages do not go deeper; the message says what does.
            body["PageNumber"] = 1
        if body.get("URL") and case.operation.path.startswith("/v1/webhook-endpoints"):
            # Which addresses webhooks may go to is no matter of form.
            body["URL"] = f"https://hooks.example/{next(serial)}"
        if case.operation.path == "/v1/real-avatar/invitations":
            # Whether letters can be seen is beyond a pattern.
            for name in ("Name", "Purposes", "IntendedUses"):
                body[name] = _visible(body.get(name))
        if "Id" in body and "id" in (case.path_parameters or {}):
            # The Id in the body is the one in the path.
            body["Id"] = unquote(case.path_parameters["id"])

    yield
    schemathesis.hooks.unregister(before_call)


def _mend_import(case: Any) -> None:
    if case.media_type == "text/csv":
        # No schema describes a table, and what is not in it stands in the query.
        case.body, case.query = TABLE, {"model": MODEL, "GroupId": NOBODYS}
    elif isinstance(case.body, dict):
        # Each item goes somewhere: into its own group, or else into that of all.
        case.body["GroupId"] = case.body.get("GroupId") or NOBODYS


def _visible(words: Any) -> Any:
    """Return a line of visible text for a text, and as many of them as a list has."""
    if isinstance(words, list):
        return [f"line {number}" for number in range(len(words))]
    return "a line" if isinstance(words, str) else words


async def fetch_document(url: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/openapi.json") as response:
        document: dict[str, Any] = await response.json()
    return document


def name_the_models(document: Any) -> None:
    """Write into the document which models there are: the operator decides that, so the served one cannot know."""
    if isinstance(document, list):
        for item in document:
            name_the_models(item)
    if not isinstance(document, dict):
        return
    if document.get("name") == "model" and "schema" in document:
        document["schema"]["enum"] = [MODEL, FAST_MODEL]
    for name, value in document.items():
        if name == "properties" and "model" in value:
            value["model"]["enum"] = [MODEL, FAST_MODEL]
        name_the_models(value)


async def name_what_is_there(document: dict[str, Any], api: Api, pictures: str) -> None:
    """Let the examples of every operation with an id name something of the tenant's own."""
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if operation["operationId"] in WITH_ID:
                group = await api.ok("CreateAssetGroup", Name="group")
                asset = await api.ok("CreateAsset", GroupId=group["Id"], URL=f"{pictures}a.jpg", AssetType="Image")
                operation["parameters"][0]["example"] = asset["Id"] if "/assets/" in path else group["Id"]


class Outcome:
    """What came of a run: cases per phase, operations that were answered with success, and what failed."""

    def __init__(self) -> None:
        self.cases: Counter[str] = Counter()
        self.succeeded: set[str] = set()
        self.failed: list[str] = []

    def take(self, event: events.EngineEvent) -> None:
        if isinstance(event, events.NonFatalError | events.FatalError):
            self.failed.append(f"{event}")
        if not isinstance(event, events.ScenarioFinished):
            return
        recorder = event.recorder
        self.cases[event.phase.value] += len(recorder.cases)
        for case_id, case in recorder.cases.items():
            interaction = recorder.interactions.get(case_id)
            if interaction and interaction.response and interaction.response.status_code == 200:
                self.succeeded.add(case.value.operation.definition.raw["operationId"])
            if case_id in recorder.checks:
                self.failed += describe(recorder, case_id)


def run(schema: BaseSchema) -> Outcome:
    """Run every phase."""
    outcome = Outcome()
    with good_manners():
        for event in from_schema(schema).execute():
            outcome.take(event)
    assert not outcome.failed, "\n".join(outcome.failed)
    return outcome


def describe(recorder: Any, case_id: str) -> Iterator[str]:
    """Yield a line for each check that a case failed, with the request and the answer."""
    case, interaction = recorder.cases[case_id].value, recorder.interactions.get(case_id)
    for check in recorder.checks[case_id]:
        if check.status is Status.FAILURE:
            sent = interaction and (interaction.request.method, interaction.request.uri, interaction.request.body)
            got = interaction and interaction.response and interaction.response.content
            yield f"{check.name} of {case.operation.label}: {check.failure_info.failure.message}: {sent} -> {got!r}"


@pytest.mark.timeout(400)  # 50 s on a core of its own; beside three other processes on two cores it has come to 120
async def test_what_a_tenant_calls_is_what_the_document_says(gateway: RunningGateway, pictures: str) -> None:
    document = await fetch_document(gateway.url)
    name_the_models(document)
    api = await gateway.client()
    await name_what_is_there(document, api, pictures)
    config = configuration(gateway.url, api.key, TENANT_EXAMPLES)
    schema = schemathesis.openapi.from_dict(document, config=config)
    asked = schema.exclude(path_regex=ADMIN).exclude(operation_id=list(UPLOADS))
    outcome = await asyncio.to_thread(run, asked)
    # Nothing was left out by an oversight: all phases had work to do, the one that follows the links, too.
    assert min(outcome.cases[phase] for phase in ("examples", "coverage", "fuzzing", "stateful")) >= 10, outcome.cases
    # Only ⑫ cannot succeed: nobody plays the actor.
    assert set(BY_ACTION) - outcome.succeeded == {"GetVisualValidateResult"}


async def test_what_an_operator_calls_is_what_the_document_says(gateway: RunningGateway) -> None:
    document = await fetch_document(gateway.url)
    paths = document["paths"]
    document["paths"] = {path: paths[path] for path in paths if path.startswith("/admin/")}
    key = (await gateway.operator()).key
    config = configuration(
        gateway.url,
        key,
        OPERATOR_EXAMPLES,
        # The operators' actions have no links to follow.
        phases={"stateful": {"enabled": False}},
        operations=[
            {
                # Which credentials a channel needs and which endpoints it may have depends on its kind; limits name
                # actions. The schema says neither.
                "include-operation-id": ["CreateChannel", "UpdateChannel", "ResolveCase"],
                "checks": {"positive_data_acceptance": {"enabled": False}},
            }
        ],
    )
    schema = schemathesis.openapi.from_dict(document, config=config)
    outcome = await asyncio.to_thread(run, schema)
    assert min(outcome.cases[phase] for phase in ("examples", "coverage", "fuzzing")) >= 3, outcome.cases
    assert {"CreateTenant", "ListTenants", "ListChannels"} <= outcome.succeeded
