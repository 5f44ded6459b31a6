"""Invitations by the client."""

import pytest

from stagedoor_client import GatewayError, NotFound
from tests.client.faces import Face
from tests.support.story import ON_SQLITE


@ON_SQLITE
async def test_an_actor_is_invited_and_the_invitation_called_back(face: Face) -> None:
    made = await face.call(
        "create_invitation",
        "Long Night, lead",
        language="en",
        expires_in=3600,
        purposes=["Scenes of the series Long Night"],
        return_url="https://studio.example/done",
        metadata={"actor": "42"},
        idempotency_key="actor-42",
    )
    assert (made.status, made.language, made.metadata) == ("open", "en", {"actor": "42"})
    assert made.purposes == ("Scenes of the series Long Night",)
    assert made.qr.svg.startswith("http")
    assert set(made.texts) == {"zh", "zh-Hant", "en"}
    assert made.expire_time > made.create_time
    for secret in (made.link, made.signing_secret, made.qr.png):
        assert secret
        assert secret not in repr(made)
    again = await face.call("get_invitation", made.id)
    assert (again.id, again.link, again.consent, again.signing_secret) == (made.id, made.link, None, "")
    second = await face.call("create_invitation", "Long Night, villain")
    assert [one.id for one in await face.all("iter_invitations", sort_order="Asc")] == [made.id, second.id]
    assert (await face.call("cancel_invitation", made.id)).status == "cancelled"
    assert [one.id for one in await face.call("list_invitations", status="open")] == [second.id]
    with pytest.raises(NotFound):
        await face.call("get_deletion", "group-20260101000000-aaaaa")
    with pytest.raises(GatewayError):
        await face.call("create_invitation", "", idempotency_key="actor-42")
