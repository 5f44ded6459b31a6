"""⑫ when Ark answers nonsense: no bad answer is taken for a group, and none ends the session."""

import asyncio

from tests.support.gateway import Answer, Api, RunningGateway
from tests.support.rawserver import Play, enveloped, http, refused, reset, say
from tests.support.validation import exchange, on_sqlite, raw_ark, session_of
from tests.validation.conftest import RunGateway

GROUP = "group-20260331145705-7vw4m"
TOKEN = "20260331144916BF9DC22A7A65ADF905D8"

BAD_ANSWERS: dict[str, Play] = {
    "group missing": say(http({"ResponseMetadata": {"RequestId": "r"}, "Result": {}})),
    "group null": say(http(enveloped({"GroupId": None}))),
    "group empty": say(http(enveloped({"GroupId": ""}))),
    "group a number": say(http(enveloped({"GroupId": 7}))),
    "group a list": say(http(enveloped({"GroupId": [GROUP]}))),
    "group too long": say(http(enveloped({"GroupId": "g" * 129}))),
    "group with blanks": say(http(enveloped({"GroupId": f"{GROUP} x"}))),
    "group with markup": say(http(enveloped({"GroupId": "<script>"}))),
    "result a text": say(http(enveloped(GROUP))),
    "result a list": say(http(enveloped([{"GroupId": GROUP}]))),
    "error with 200": say(http(refused("InternalError"))),
    "error and result": say(http(enveloped({"GroupId": GROUP}, Error={"Code": "InternalError", "Message": "x"}))),
    "result with 500": say(http(enveloped({"GroupId": GROUP}), status=500)),
    "two groups": say(http(f'{{"Result":{{"GroupId":"{GROUP}","GroupId":"group-other"}}}}'.encode())),
    "two results": say(http(f'{{"Result":{{"GroupId":"{GROUP}"}},"Result":{{"GroupId":"g-2"}}}}'.encode())),
    "no json": say(http(f'{{"Result":{{"GroupId":"{GROUP}"}}'.encode())),
    "bom": say(http(b"\xef\xbb\xbf" + f'{{"Result":{{"GroupId":"{GROUP}"}}}}'.encode())),
    "utf-16": say(http(f'{{"Result":{{"GroupId":"{GROUP}"}}}}'.encode("utf-16"))),
    "html": say(http(f"<p>{GROUP}</p>".encode(), content_type="text/html")),
    "empty": say(http(b"")),
    "gzip": say(http(enveloped({"GroupId": GROUP}), headers={"Content-Encoding": "gzip"})),
    "cut": say(http(enveloped({"GroupId": GROUP}))[:-9], keep=False),
    "reset": reset(http(enveloped({"GroupId": GROUP}))[:-9]),
}


@on_sqlite
async def test_no_bad_answer_is_taken_for_a_group_and_none_ends_the_session(run_gateway: RunGateway) -> None:
    async with run_gateway(public_url="") as (gateway, api):
        # Each bad answer meets a session of its own, on a channel of its own, all at the same time.
        met = await asyncio.gather(
            *(meet(gateway, api, f"raw-{number}", play) for number, play in enumerate(BAD_ANSWERS.values()))
        )
    for name, (first, state, second) in zip(BAD_ANSWERS, met, strict=True):
        assert first.status >= 400, name
        assert GROUP.encode() not in first.body, name
        assert first.code in {"UpstreamMalformed", "UpstreamFailed", "UpstreamTimeout", "ValidatePending"}, name
        assert first.error["Retry"] in {"later", "same_request"}, name
        assert state == "open", name
        assert second.status == 200, name


async def meet(gateway: RunningGateway, api: Api, name: str, play: Play) -> tuple[Answer, str, Answer]:
    """Exchange a token when Ark answers badly, and again when it answers well."""
    async with raw_ark(gateway, name) as ark:
        check = await ark.start(api, f"{TOKEN}-{name}")
        ark.plays(play)
        first = await exchange(api, check)
        state = (await session_of(gateway, check)).state
        ark.gives(f"{GROUP}-{name}")
        return first, state, await exchange(api, check)
