"""The whole story as requests of a Postman collection: ①–⑫ in an order in which each has what it needs, checking themselves."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stagedoor.contract.operations import BY_ACTION

Json = dict[str, Any]

SKIPPED = ['if (!pm.variables.get("emulator_url")) pm.execution.skipRequest();']
LOOKS = "looks"
WAIT = "⑧ Wait until it is Active"


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """A request of the story."""

    name: str
    action: str
    body: Mapping[str, Any] = {}
    object_id: str = ""
    """The variable whose value is the id in the path."""
    keep: Mapping[str, str] = {}
    """Variable to field of the result."""
    same: Mapping[str, str] = {}
    """Field of the result to what it must be, which may be a variable."""
    status: int = 200
    script: Sequence[str] = ()
    """Further lines, with the answer in ``answer``."""


MODEL = {"model": "{{model}}"}
BEGINNING = Act(
    name="⑪ Start a face check",
    action="CreateVisualValidateSession",
    body={"CallbackURL": "{{callback_url}}", "Lng": "en"},
    keep={"byted_token": "BytedToken", "h5_link": "H5Link"},
)
ACTS = (
    Act(
        name="⑫ Exchange the token for the person's group",
        action="GetVisualValidateResult",
        body={"BytedToken": "{{byted_token}}"},
        keep={"person_id": "GroupId"},
        same={"GroupType": "LivenessFace"},
    ),
    Act(
        name="⑫ Ask again: the same group",
        action="GetVisualValidateResult",
        body={"BytedToken": "{{byted_token}}"},
        same={"GroupId": "{{person_id}}"},
    ),
    Act(
        name="① Create a group for a character",
        action="CreateAssetGroup",
        body={"Name": "a character", "GroupType": "AIGC"},
        keep={"group_id": "Id"},
    ),
    Act(
        name="② Find it",
        action="ListAssetGroups",
        body={"Filter": {"GroupIds": ["{{group_id}}"]}},
        same={"TotalCount": "1", "Items[0].Id": "{{group_id}}"},
    ),
    Act(name="③ Look at it", action="GetAssetGroup", object_id="group_id", same={"Name": "a character"}),
    Act(
        name="④ Rename it",
        action="UpdateAssetGroup",
        object_id="group_id",
        body={"Name": "the lead"},
        same={"Name": "the lead"},
    ),
    Act(
        name="⑥ Upload a picture of the person",
        action="CreateAsset",
        body={"GroupId": "{{person_id}}", "URL": "{{picture_url}}", "AssetType": "Image", "Name": "front view"},
        keep={"asset_id": "Id"},
        same={"GroupId": "{{person_id}}"},
    ),
    Act(
        name=WAIT,
        action="GetAsset",
        object_id="asset_id",
        script=[
            f'const looks = Number(pm.collectionVariables.get("{LOOKS}") || 0) + 1;',
            'const waiting = answer.Result.Status === "Processing" && looks < 120;',
            f'pm.collectionVariables.set("{LOOKS}", waiting ? looks : 0);',
            "if (waiting) {",
            f"  pm.execution.setNextRequest({json.dumps(WAIT, ensure_ascii=False)});",
            "  setTimeout(() => {}, 500);",
            '} else pm.test("it is Active", () => pm.expect(answer.Result.Status).to.eql("Active"));',
        ],
    ),
    Act(
        name="⑨ Rename the picture",
        action="UpdateAsset",
        object_id="asset_id",
        body={"Name": "portrait"},
        same={"Name": "portrait"},
    ),
    Act(
        name="⑦ List what the person has",
        action="ListAssets",
        body={"Filter": {"GroupIds": ["{{person_id}}"]}},
        same={"TotalCount": "1", "Items[0].Id": "{{asset_id}}", "Items[0].Status": "Active"},
    ),
    Act(name="⑩ Delete the picture", action="DeleteAsset", object_id="asset_id"),
    Act(
        name="⑧ It is gone",
        action="GetAsset",
        object_id="asset_id",
        status=404,
        script=[
            'pm.test("it says so", () => pm.expect(answer.ResponseMetadata.Error.Code).to.eql("NotFound.asset_id"));'
        ],
    ),
    Act(name="⑤ Delete the character's group", action="DeleteAssetGroup", object_id="group_id"),
)


def story() -> Json:
    """Return the folder of the story."""
    return {
        "name": "The whole story",
        "description": "From a face check to a picture that can be used, and back. Run the folder as a whole.",
        "item": [_item(BEGINNING), *_actor(), *(_item(act) for act in ACTS)],
    }


def _actor() -> list[Json]:
    """Return what the actor does: here the emulator plays the actor, where there is one."""
    passes = _request("POST", "{{emulator_url}}/_emulator/sessions/{{byted_token}}", {"outcome": "pass"})
    returns = _request("GET", "{{way_back}}")
    kept = ['pm.collectionVariables.set("way_back", pm.response.json().redirect);']
    sent_on = ['pm.test("the gateway sends the browser on", () => pm.response.to.have.status(303));']
    return [
        {
            "name": "The actor passes the check (emulator only)",
            "request": {**passes, "auth": {"type": "noauth"}},
            "event": [_event("prerequest", SKIPPED), _event("test", kept)],
        },
        {
            "name": "The actor's browser comes back (emulator only)",
            "request": {**returns, "auth": {"type": "noauth"}},
            "event": [_event("prerequest", SKIPPED), _event("test", sent_on)],
            "protocolProfileBehavior": {"followRedirects": False},
        },
    ]


def _item(act: Act) -> Json:
    operation = BY_ACTION[act.action]
    path = operation.path.replace("{id}", f"{{{{{act.object_id}}}}}")
    url = "{{base_url}}" + path
    if operation.in_query:
        return {
            "name": act.name,
            "request": _request(operation.method, f"{url}?model={{{{model}}}}"),
            "event": [_test(act)],
        }
    own = {"Id": f"{{{{{act.object_id}}}}}"} if act.object_id else {}
    return {
        "name": act.name,
        "request": _request(operation.method, url, {**MODEL, **own, **act.body}),
        "event": [_test(act)],
    }


def _request(method: str, url: str, body: Mapping[str, Any] | None = None) -> Json:
    request: Json = {"method": method, "header": [], "url": url}
    if body is not None:
        text = json.dumps(body, indent=2, ensure_ascii=False)
        request["body"] = {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}
    return request


def _test(act: Act) -> Json:
    lines = [
        "const answer = pm.response.json();",
        f'pm.test("HTTP {act.status}", () => pm.response.to.have.status({act.status}));',
        f'pm.test("the envelope is that of {act.action}", () => {{',
        f'  pm.expect(answer.ResponseMetadata.Action).to.eql("{act.action}");',
        '  pm.expect(answer.ResponseMetadata.RequestId).to.eql(pm.response.headers.get("X-Request-Id"));',
        "});",
    ]
    for field, wanted in act.same.items():
        replaced = f"pm.variables.replaceIn({json.dumps(wanted)})"
        lines.append(f'pm.test("{field}", () => pm.expect(String(answer.Result.{field})).to.eql({replaced}));')
    lines += [f'pm.collectionVariables.set("{name}", answer.Result.{field});' for name, field in act.keep.items()]
    return _event("test", [*lines, *act.script])


def _event(listen: str, lines: Sequence[str]) -> Json:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": list(lines)}}
