"""The receivers that docs/how-to/webhooks.md shows accept what is sent and refuse what is not ours."""

import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.emulator.test_official_node import installed, run
from tests.support.sink import Received, Sink
from tests.webhooks.studio import Studio

__all__ = ["installed"]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "webhooks.md"
DRIVER = """
import { readFileSync } from "node:fs";
const order = JSON.parse(readFileSync(0, "utf8"));
const remembered = [];
const remember = (id, type, data) => remembered.push([id, type, data]);
const statuses = order.map(({ secret, headers, body }) => receive(secret, headers, body));
process.stdout.write(JSON.stringify({ statuses, remembered }));
"""


def shown(language: str) -> str:
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(block)


@pytest.fixture
async def sent(studio: Studio, sink: Sink) -> tuple[str, Received, Received]:
    """Return the secret, a webhook, and the same with another body."""
    endpoint = await studio.endpoint(sink.url)
    await studio.happen("group-9")
    (webhook,) = await sink.wait(1)
    return endpoint["Secret"], webhook, Received(webhook.headers, webhook.body.replace(b"group-9", b"group-8"), 0)


async def test_the_python_receiver(sent: tuple[str, Received, Received]) -> None:
    secret, webhook, forged = sent
    remembered: list[Any] = []
    names: dict[str, Any] = {"remember": lambda *what: remembered.append(what)}
    exec(shown("python"), names)
    assert names["receive"](secret, webhook.headers, webhook.body) == 204
    assert names["receive"](secret, webhook.headers, forged.body) == 400
    assert names["receive"](secret, {**webhook.headers, "webhook-signature": "nonsense"}, webhook.body) == 400
    assert names["receive"](secret, {}, webhook.body) == 400
    assert remembered == [(webhook.id, "group.created", {"id": "group-9"})]


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None or shutil.which("npm") is None, reason="needs Node.js and npm")
@pytest.mark.usefixtures("installed")
async def test_the_node_receiver(sent: tuple[str, Received, Received]) -> None:
    secret, webhook, forged = sent
    orders = [{"secret": secret, "headers": one.headers, "body": one.body.decode()} for one in (webhook, forged)]
    script = shown("js").replace("export ", "") + DRIVER
    out = await run("node", "--input-type=module", "-e", script, stdin=msgspec.json.encode(orders))
    assert msgspec.json.decode(out) == {
        "statuses": [204, 400],
        "remembered": [[webhook.id, "group.created", {"id": "group-9"}]],
    }
