"""`stagedoor events`, `listen` and `trigger`: what happens, to a terminal or to a program, and made to happen."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagedoor.cli.remote.trigger import TRIGGERS
from stagedoor.events.catalogue import CATALOGUE
from tests.cli.conftest import environment
from tests.cli.remote.conftest import Begin, People
from tests.cli.test_dev import Dev, two_free_ports
from tests.support import nursery
from tests.support.gateway import Api
from tests.support.sink import Sink
from tests.support.story import ON_SQLITE, make_group

NEED_TIME = {"session.expired", "session.reconciled", "invitation.expired", "deletion.overdue"}


@ON_SQLITE
async def test_events_are_listed_and_shown_as_they_happen(people: People, begin: Begin, api: Api) -> None:
    first = await make_group(api)
    [line] = (await people("events", "list")).out.splitlines()
    assert line.split("\t")[2:] == ["group.created", first]
    async with begin("events", "tail", "--after", "0", "--json") as running:
        await running.says(first)
        second = await make_group(api)
        await running.says(second)
        assert await running.end(signal.SIGINT) == 130
        shown = [json.loads(line) for line in running.out.splitlines()]
    assert [(one["type"], one["data"]["id"]) for one in shown] == [("group.created", first), ("group.created", second)]


@ON_SQLITE
async def test_events_are_posted_to_a_program_like_webhooks_whatever_it_answers(begin: Begin, api: Api) -> None:
    async with Sink(lambda number: 500 if number == 0 else 204) as sink:
        target = sink.url.replace("https", "http")
        async with begin("listen", "--forward-to", target, "--after", "0") as running:
            await running.says("They are signed with whsec_")
            secret = next(word for word in running.err.split() if word.startswith("whsec_")).rstrip(".")
            groups = [await make_group(api) for _ in range(2)]
            await running.says(groups[1])
            assert await running.end(signal.SIGINT) == 130
            lines = [line.split("\t") for line in running.out.splitlines()]
        async with begin("listen", "--forward-to", target) as again:
            await again.says(secret)
    assert [(line[2], line[3]) for line in lines] == [(groups[0], "500"), (groups[1], "204")]
    assert [one.document["data"]["id"] for one in sink.received] == groups
    for one in sink.received:
        one.verify(secret)
    assert api.key not in running.out + running.err


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder in which `stagedoor dev` runs."""
    folder = tmp_path_factory.mktemp("dev")
    started = Dev(folder, two_free_ports())
    started.ready()
    yield folder
    started.stop()


def sandboxed(folder: Path, *arguments: str) -> tuple[int, str, str]:
    env = {**environment(DATA_DIR=str(folder / "data")), "XDG_CONFIG_HOME": str(folder)}
    ended = nursery.run(*arguments, env=env, cwd=folder, timeout=100)
    return ended.returncode, ended.stdout.strip(), ended.stderr


@pytest.mark.parametrize("event", TRIGGERS)
def test_an_event_that_is_triggered_has_really_happened(dev: Path, event: str) -> None:
    code, event_id, complaint = sandboxed(dev, "trigger", event)
    assert (code, complaint) == (0, "")
    # With nothing chosen, the sandbox of the folder is meant.
    listed = sandboxed(dev, "events", "list", "--type", event)[1].splitlines()
    assert event_id in [line.split("\t")[1] for line in listed]


def test_what_takes_days_cannot_be_triggered_and_what_can_is_said(dev: Path, tmp_path: Path) -> None:
    assert TRIGGERS.keys() == CATALOGUE.keys() - NEED_TIME
    for event in (*NEED_TIME, "nonsense"):
        code, _, complaint = sandboxed(dev, "trigger", event)
        assert code == 2
        assert f"{event} cannot be made to happen. What can: session.passed, " in complaint
    code, _, complaint = sandboxed(tmp_path, "trigger", "group.created")
    assert code == 2
    assert "ready.json is missing. Start `stagedoor dev`" in complaint
