"""⑥ Upload an asset by URL."""

import ipaddress
from urllib.parse import urlsplit

from stagedoor.assets.result import to_result
from stagedoor.assets.store import Asset, add_asset
from stagedoor.call import Call
from stagedoor.contract import requests, results
from stagedoor.db.database import AlreadyThere
from stagedoor.errors import DatabaseUnavailable, InvalidParameter, OutcomeUnknown, UpstreamMalformed
from stagedoor.groups.store import AssetGroup, get_group


async def create_asset(call: Call, request: requests.CreateAsset) -> results.Asset:
    """Hand the URL to the upstream once and record who owns the asset it made."""
    rt = call.rt
    group = await rt.db.read(lambda tx: get_group(tx, call.tenant_id, request.GroupId, request.ProjectName))
    channel = await call.book.get(group.channel_id)
    check_url(request.URL, local=channel.kind == "emulator")
    answer = await call.ask(group.channel_id, "CreateAsset", _body(request, group))
    asset = _asset(call, str(answer["Id"]), group, request)
    try:
        await rt.db.write(lambda tx: add_asset(tx, call.tenant_id, asset))
    except AlreadyThere:
        raise UpstreamMalformed("The asset library answered with the id of an asset that exists already.") from None
    except DatabaseUnavailable as error:
        raise OutcomeUnknown(f"The asset {asset.id} was created but could not be recorded.") from error
    return to_result(asset, rt.vault, asset.created_at)


def _body(request: requests.CreateAsset, group: AssetGroup) -> dict[str, object]:
    body: dict[str, object] = {
        "GroupId": group.id,
        "URL": request.URL,
        "AssetType": request.AssetType,
        "ProjectName": group.project_name,
    }
    if request.Name is not None:
        body["Name"] = request.Name
    if request.Moderation is not None:
        body["Moderation"] = {"Strategy": request.Moderation.Strategy}
    return body


def _asset(call: Call, asset_id: str, group: AssetGroup, request: requests.CreateAsset) -> Asset:
    now = call.rt.clock.now()
    name = request.Name or ""
    return Asset(
        id=asset_id,
        tenant_id=call.tenant_id,
        channel_id=group.channel_id,
        group_id=group.id,
        group_type=group.group_type,
        asset_type=request.AssetType,
        name=name,
        name_folded=name.casefold(),
        moderation=request.Moderation.Strategy if request.Moderation else "Default",
        project_name=group.project_name,
        status="Processing",
        error_code=None,
        error_message=None,
        url=None,
        url_expires_at=None,
        last_inference_at=None,
        created_at=now,
        updated_at=now,
        looked_at=None,
    )


def check_url(url: str, *, local: bool) -> None:
    """Refuse an address that the upstream could not fetch, before a call is spent on it.

    Args:
        url: what the caller sent.
        local: whether addresses of this machine are fine (the emulator runs beside us).

    Raises:
        InvalidParameter: it is not http(s), carries a password, or leads to a private place.

    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise InvalidParameter("The URL cannot be read.", field="URL") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise InvalidParameter("The URL must be http:// or https://, not data: or anything else.", field="URL")
    if parts.username is not None or parts.password is not None:
        raise InvalidParameter("The URL must not carry a user name or password.", field="URL")
    if any(character <= " " or character == "\x7f" for character in url):
        raise InvalidParameter("The URL must not contain blanks or control characters.", field="URL")
    if not local and is_private(host):
        raise InvalidParameter("The URL must be reachable from the public internet.", field="URL")


def is_private(host: str) -> bool:
    """Tell whether a host is by its very name not public; names are not looked up, the upstream does the fetching."""
    bare = host.rstrip(".").lower()
    if bare == "localhost" or bare.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa")):
        return True
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        # Not dotted decimal: a host of digits (2130706433, 0x7f.1) is an address in disguise.
        last = bare.rsplit(".", 1)[-1]
        return last.isdigit() or last.startswith("0x")
    return not address.is_global or address.is_multicast
