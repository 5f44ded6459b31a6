# Written from _async by `make client`; do not edit.
"""Invitations: a link for an actor that lives for days."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Unpack

from stagedoor_client._sync.caller import Caller
from stagedoor_client.invitations import Deletion, Invitation
from stagedoor_client.operations import (
    CANCEL_INVITATION,
    CREATE_INVITATION,
    GET_DELETION,
    GET_INVITATION,
    LIST_INVITATIONS,
)
from stagedoor_client.options import CreateOptions, InvitationPageQuery, InvitationQuery, Options, list_fields
from stagedoor_client.reading import Page, read


class Invitations(Caller):
    """Invitations, and what becomes of a consent that is taken back."""

    def create_invitation(
        self,
        name: str,
        *,
        return_url: str | None = None,
        language: str | None = None,
        expires_in: int | None = None,
        purposes: Sequence[str] | None = None,
        intended_uses: Sequence[str] | None = None,
        metadata: Mapping[str, str] | None = None,
        **options: Unpack[CreateOptions],
    ) -> Invitation:
        """Invite an actor; ``expires_in`` are seconds, a week when left out."""
        fields = {
            "Name": name,
            "ReturnURL": return_url,
            "Lng": language,
            "ExpiresIn": expires_in,
            "Purposes": purposes,
            "IntendedUses": intended_uses,
            "Metadata": metadata,
        }
        answer = self._call(CREATE_INVITATION, fields, options)
        return read(Invitation, answer.result, answer.response)

    def list_invitations(self, **query: Unpack[InvitationPageQuery]) -> Page[Invitation]:
        """Return one page of invitations."""
        return self._page(LIST_INVITATIONS, Invitation, list_fields(query), query)

    def iter_invitations(self, **query: Unpack[InvitationQuery]) -> Iterator[Invitation]:
        """Yield all invitations, page after page."""
        for invitation in self._walk(LIST_INVITATIONS, Invitation, list_fields(query), query):
            yield invitation

    def get_invitation(self, invitation_id: str, **options: Unpack[Options]) -> Invitation:
        """Return an invitation, with its consent word by word."""
        answer = self._call(GET_INVITATION, {}, options, invitation_id)
        return read(Invitation, answer.result, answer.response)

    def cancel_invitation(self, invitation_id: str, **options: Unpack[Options]) -> Invitation:
        """Call an invitation back."""
        answer = self._call(CANCEL_INVITATION, {}, options, invitation_id)
        return read(Invitation, answer.result, answer.response)

    def get_deletion(self, group_id: str, **options: Unpack[Options]) -> Deletion:
        """Return what has become of a group whose consent was taken back."""
        answer = self._call(GET_DELETION, {}, options, group_id)
        return read(Deletion, answer.result, answer.response)
