"""Whatever somebody types or sends: a page, a refusal, never an error of the server's, on both databases."""

import random
import re
from urllib.parse import quote, urlencode

from stagedoor.console.routes import PAGES
from tests.console.scene import Scene
from tests.console.support import FORM, Desk, Person, let_in
from tests.console.test_pages import ACTS, filled, page_token
from tests.support.gateway import RunningGateway

HOSTILE = [
    "\0",
    "a\0b",
    "a" * 3000,
    "'--",
    "../..",
    "<b>",
    "９",
    "\ud7ff\U0010ffff",
    "-1",
    "9" * 30,
    "\r\nx: y",
    "%ff",
    "{x}",
]
FIELDS = [
    "name",
    "project",
    "rate",
    "days",
    "hours",
    "group",
    "other",
    "key",
    "kind",
    "model",
    "state",
    "event",
    "role",
]
FIELDS += ["purposes", "language", "scope", "session", "next", "password", "code", "pair", "plain", "passkey_id"]
FIELDS += ["passkey_client", "passkey_data", "passkey_proof"]
LEFT_OUT = {"sign-out", "end"}
SEED, ROUNDS = 28, 4


def sent(chance: random.Random) -> list[tuple[str, str]]:
    """Return some fields with something in them that nobody means well."""
    return [(name, chance.choice(HOSTILE)) for name in chance.choices(FIELDS, k=12)]


async def test_no_address_is_a_server_error(gateway: RunningGateway, scene: Scene) -> None:
    desk = await let_in(gateway, "ada")
    for typed in [*map(quote, HOSTILE[:6]), "%ff", "%ed%a0%80"]:
        asked = f"?after={typed}&lng={typed}&ticket={typed}&status={typed}&next={typed}"
        for page in PAGES:
            for path in (re.sub(r"\{(\w+)\}", typed, page.path), filled(scene, page.path) + asked):
                answer = await desk.send("GET", path)
                assert answer.status < 500, (path, answer.body)
        assert (await Desk(gateway).send("GET", f"/console/set-up/{typed}")).status < 500
        assert (await Desk(gateway).send("GET", f"/console/sign-in/{typed}{asked}")).status < 500


async def test_no_form_is_a_server_error(gateway: RunningGateway, scene: Scene) -> None:
    desk, chance = await let_in(gateway, "ada"), random.Random(SEED)
    token = page_token(await desk.open("/console/account"))
    for page, name, _ in ACTS:
        path = filled(scene, page.path)
        for _ in range(ROUNDS if name not in LEFT_OUT else 0):
            body = urlencode([("do", name), ("token", token), *sent(chance)]).encode()
            answer = await desk.send("POST", path, data=body, content_type=FORM)
            assert answer.status < 500, (path, body, answer.body)
        for body in (b"", b"\xff\0&&&=", b"do=%ff&token=%00", b"x=1&" * 60, b"a" * 20_000, b"{}"):
            assert (await desk.send("POST", path, data=body, content_type=FORM)).status in {400, 403, 413}, (path, body)
    assert await desk.is_in()


async def test_nothing_typed_at_the_doors_is_a_server_error(gateway: RunningGateway, desk: Desk, ada: Person) -> None:
    chance = random.Random(SEED)
    desk.cookies = {"stagedoor-console": "x", "stagedoor-language": "\\"}
    for path in ("/console/sign-in", "/console/sign-in/a-link", ada.link):
        for _ in range(ROUNDS * 3):
            fields = [("token", page_token(await Desk(gateway).open("/console/sign-in"))), *sent(chance)]
            answer = await desk.send("POST", path, data=urlencode(fields).encode(), content_type=FORM)
            assert answer.status < 500, (path, fields, answer.body)
