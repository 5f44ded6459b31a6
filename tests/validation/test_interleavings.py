"""Any order of what the person, the callers, forgers and scanners do ends as a small model says it must."""

import asyncio
import itertools
from typing import Literal, get_args

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.counts import times
from tests.support.gateway import Api, RunningGateway
from tests.support.rawserver import enveloped, http, refused, say
from tests.support.validation import (
    RawArk,
    browse,
    exchange,
    exchanges_done,
    on_sqlite,
    raw_ark,
    session_of,
    with_query,
)

Step = Literal[
    "person passes",
    "person fails",
    "callback says passed",
    "callback says failed",
    "callback to another state",
    "callback with another token",
    "callback without token",
    "scanner looks",
    "form is posted",
    "owner exchanges",
    "stranger exchanges",
    "three exchange at once",
]


class Model(msgspec.Struct):
    """What the session must be after the steps so far, and how often Ark must have been asked."""

    person: Literal["open", "passed", "failed"] = "open"
    session: Literal["open", "passed", "callback failed", "failed", "exchanged"] = "open"
    calls: int = 0

    def person_ends(self, how: Literal["passed", "failed"]) -> None:
        if self.person == "open":
            self.person = how

    def callback(self, *, passed: bool) -> None:
        if not passed and self.session == "open":
            self.session = "callback failed"
        elif passed and self.session in {"open", "callback failed"}:
            self.session = "passed"
            self.ask()

    def ask(self) -> None:
        self.calls += 1
        if self.person == "passed":
            self.session = "exchanged"
        elif self.person == "failed":
            self.session = "failed"

    def exchange(self) -> str:
        """Return the error code that ⑫ must answer with; nothing when it must give the group."""
        if self.session == "passed":
            self.ask()
        return {
            "open": "ValidatePending",
            "passed": "ValidatePending",
            "callback failed": "ValidateFailed",
            "failed": "ValidateFailed",
            "exchanged": "",
        }[self.session]


class Run:
    """One session, its model, and the steps that are done to both."""

    def __init__(self, gateway: RunningGateway, owner: Api, stranger: Api, ark: RawArk, number: int) -> None:
        self.gateway = gateway
        self.owner, self.stranger, self.ark = owner, stranger, ark
        self.byted_token, self.group_id = f"20260331144916{number}", f"group-{number}"
        self.model = Model()

    async def begin(self) -> None:
        self.before = len(self.ark.raw.requests)
        self.check = await self.ark.start(self.owner, self.byted_token)
        self.target = self.ark.callback_of(self.before)
        self.ark.plays(say(http(refused("ValidatePending"), status=400)))

    @property
    def calls(self) -> int:
        """How often Ark was asked for the result."""
        return len(self.ark.raw.requests) - self.before - 1

    async def step(self, step: Step) -> None:
        token = self.byted_token
        match step:
            case "person passes" | "person fails":
                self.person(passed=step == "person passes")
            case "callback says passed" | "callback says failed":
                passed = step == "callback says passed"
                self.model.callback(passed=passed)
                await self.visit(303, bytedToken=token, resultCode="10000" if passed else "-1003")
                await exchanges_done(self.gateway)
            case "callback to another state":
                await self.visit(404, target=f"{self.target}x", bytedToken=token, resultCode="10000")
            case "callback with another token":
                await self.visit(404, bytedToken=f"{token}0", resultCode="10000")
            case "callback without token":
                await self.visit(404, resultCode="10000")
            case "scanner looks" | "form is posted":
                method = "HEAD" if step == "scanner looks" else "POST"
                await self.visit(405, method=method, bytedToken=token, resultCode="10000")
            case "owner exchanges":
                await self.exchanges(1)
            case "three exchange at once":
                await self.exchanges(3)
            case "stranger exchanges":
                assert (await exchange(self.stranger, self.check)).code == "NotFound.BytedToken"

    def person(self, *, passed: bool) -> None:
        if self.model.person == "open":
            refusal = say(http(refused("ValidateFailed"), status=400))
            self.ark.plays(say(http(enveloped({"GroupId": self.group_id}))) if passed else refusal)
        self.model.person_ends("passed" if passed else "failed")

    async def visit(self, status: int, *, target: str = "", method: str = "GET", **query: str) -> None:
        assert (await browse(self.owner, with_query(target or self.target, **query), method)).status == status

    async def exchanges(self, count: int) -> None:
        before = self.calls
        answers = await asyncio.gather(*(exchange(self.owner, self.check) for _ in range(count)))
        expected = self.model.exchange()
        for answer in answers:
            assert (answer.code if expected else answer.result["GroupId"]) == (expected or self.group_id)
        if self.model.session == "passed":
            # Where nothing is settled, callers that come one after the other each ask; that is not what this is about.
            assert 1 <= self.calls - before <= count
            self.model.calls += self.calls - before - 1

    async def end(self) -> None:
        """Leave nothing that the gateway would pursue, now that the clock goes on."""
        if self.model.session == "open":
            await self.visit(303, bytedToken=self.byted_token, resultCode="-1003")
        elif self.model.session == "passed":
            self.ark.plays(say(http(refused("ValidateFailed"), status=400)))
            assert (await exchange(self.owner, self.check)).code == "ValidateFailed"
        await exchanges_done(self.gateway)


numbers = itertools.count(1)


@on_sqlite
@settings(max_examples=times(60, 1000), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from(get_args(Step)), max_size=12))
async def test_the_session_ends_as_the_model_says(
    gateway: RunningGateway, api: Api, other_api: Api, steps: list[Step]
) -> None:
    number = next(numbers)
    # The clock stands, because a session that passed is pursued: each second one more question that the model cannot foresee.
    with gateway.clock.stopped():
        async with raw_ark(gateway, f"raw-{number}") as ark:
            run = Run(gateway, api, other_api, ark, number)
            await run.begin()
            for step in steps:
                await run.step(step)
            session = await session_of(gateway, run.check)
            assert session.state == {"callback failed": "failed"}.get(run.model.session, run.model.session)
            assert session.group_id == (run.group_id if run.model.session == "exchanged" else None)
            assert run.calls == run.model.calls
            await run.end()
