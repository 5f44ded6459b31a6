"""What a page is told about its request: who asks for what, and how to answer."""

from collections.abc import Mapping
from typing import Any

import msgspec

from stagedoor.call import Call
from stagedoor.channels.book import ChannelBook
from stagedoor.console.browser import Answer, Browser
from stagedoor.console.frame import render, translate
from stagedoor.contract.operations import SCOPES
from stagedoor.errors import StagedoorError
from stagedoor.keys.authenticate import Caller
from stagedoor.operators.password import Passwords
from stagedoor.operators.sessions import SignedIn
from stagedoor.runtime import Runtime
from stagedoor.tenants.store import Tenant, get_tenant


class Tools(msgspec.Struct, frozen=True):
    """What all pages work with."""

    rt: Runtime
    book: ChannelBook
    passwords: Passwords
    kinds: tuple[str, ...]
    """The kinds of jobs that are done here."""


class Visit:
    """One request of somebody who is signed in."""

    def __init__(
        self, tools: Tools, browser: Browser, who: SignedIn, params: Mapping[str, str], fields: Mapping[str, list[str]]
    ) -> None:
        self.rt, self.book, self.tools = tools.rt, tools.book, tools
        self.browser, self.who = browser, who
        self.params, self.fields = params, fields
        self.complaint: StagedoorError | None = None
        """Why the form was refused, when a page is shown once more because of that."""

    @property
    def by(self) -> str:
        """Who does it, as the audit trail says it."""
        return self.who.by

    @property
    def may_change(self) -> bool:
        return self.who.operator.role == "operator"

    @property
    def is_proved(self) -> bool:
        return self.who.is_proved(self.rt.clock.now())

    def field(self, name: str) -> str:
        """Return what was typed into a field of the form; "" where there is none."""
        return self.fields.get(name, [""])[0].strip()

    def typed(self, name: str) -> str:
        """Return what a refused form had in a field, so that nobody types it twice; "" in a form that is new."""
        return self.field(name) if self.complaint is not None else ""

    def say(self, text: str, **values: object) -> str:
        return translate(self.browser.language, text, **values)

    async def tenant(self) -> Tenant:
        """Return the tenant in the path.

        Raises:
            NotFound: there is none.

        """
        return await self.rt.db.read(lambda tx: get_tenant(tx, self.params["tenant"]))

    def call(self, tenant: Tenant) -> Call:
        """Return the way into the functions behind a tenant's own doors, in the operator's name."""
        caller = Caller(tenant.id, "", frozenset(SCOPES), None, tenant.project_name, by=self.by)
        return Call(self.rt, self.book, caller)

    def page(self, template: str, *, status: int = 200, **context: Any) -> Answer:
        if self.complaint is not None:
            status = self.complaint.status
        body = render(
            template,
            self.browser.language,
            path=self.browser.path,
            who=self.who.operator,
            may_change=self.may_change,
            is_proved=self.is_proved,
            token=self.browser.form_token,
            complaint=self.complaint,
            typed=self.typed,
            now=self.rt.clock.now(),
            **context,
        )
        return Answer(body, status=status)
