"""`stagedoor keys`: API keys of tenants and operators."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.cli.common import with_runtime

if TYPE_CHECKING:
    from stagedoor.db.database import Tx
    from stagedoor.keys.issue import KeyPair
    from stagedoor.keys.store import ApiKey
    from stagedoor.runtime import Runtime

LONGEST_DAYS = 36_500

app = typer.Typer(help="API keys of tenants and operators.", no_args_is_help=True)


@app.command("create")
def create(
    tenant: Annotated[str, typer.Argument(help="The tenant's id; leave it out with --admin.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="Make an operator's key, for the admin API.")] = False,
    test: Annotated[bool, typer.Option("--test", help="Make an sd_test_ key.")] = False,
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    scope: Annotated[
        list[str] | None, typer.Option(help="What it may do, e.g. groups:read; repeat for more. Without: everything.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="A model it may name; repeat for more. Without: every model.")
    ] = None,
    days: Annotated[float | None, typer.Option(help="Days until it stops working. Without: never.")] = None,
    rate: Annotated[
        str | None,
        typer.Option(help="How often it may call, e.g. 50/s; off for no limit. Without: as the setting says."),
    ] = None,
    access_key: Annotated[
        bool, typer.Option("--access-key", help="Print an access key and a secret key as well, for the official SDKs.")
    ] = False,
) -> None:
    """Make a key and print it. It is not shown again."""
    if admin and (tenant or test or scope or model or access_key or days is not None or rate is not None):
        raise typer.BadParameter("An operator's key may do everything: with --admin goes only --name.")
    if not tenant and not admin:
        raise typer.BadParameter("Name the tenant (`stagedoor tenants list` shows them), or say --admin.")
    if days is not None and not 0 < days <= LONGEST_DAYS:
        raise typer.BadParameter(f"--days must be more than 0 and at most {LONGEST_DAYS}.")

    async def work(rt: "Runtime") -> "tuple[ApiKey, str, KeyPair | None]":
        from stagedoor.keys.issue import give_pair, issue_admin_key, issue_key

        if admin:
            return (*await issue_admin_key(rt, name=name), None)
        expires_at = None if days is None else rt.clock.now() + timedelta(days=days)
        key, secret = await issue_key(
            rt,
            tenant,
            kind="test" if test else "live",
            name=name,
            scopes=scope or None,
            models=model or None,
            expires_at=expires_at,
            rate_limit=rate,
        )
        return key, secret, (await give_pair(rt, key.id))[1] if access_key else None

    key, secret, pair = with_runtime(work)
    print(secret)
    if pair is not None:
        print(*pair, sep="\n")
    typer.echo(f"Key {key.id}. Keep the secret: it is not shown again.", err=True)


@app.command("pair")
def give(key: Annotated[str, typer.Argument(help="The key's id.")]) -> None:
    """Give a key an access key and a secret key, for the official SDKs, and print them. An earlier pair stops working."""
    from stagedoor.keys.issue import give_pair

    _, pair = with_runtime(lambda rt: give_pair(rt, key))
    print(*pair, sep="\n")
    typer.echo(f"Access key and secret key of {key}. Keep the secret key: it is not shown again.", err=True)


@app.command("list")
def show(tenant: Annotated[str, typer.Argument(help="The tenant's id; operators' keys when left out.")] = "") -> None:
    """List keys: id, last four characters, state, name, and the rate of those that have one."""
    from stagedoor.keys.store import list_admin_keys, list_keys
    from stagedoor.tenants.store import get_tenant

    async def look(tx: "Tx") -> "list[ApiKey]":
        if not tenant:
            return await list_admin_keys(tx)
        await get_tenant(tx, tenant)
        return await list_keys(tx, tenant)

    async def work(rt: "Runtime") -> "tuple[list[ApiKey], datetime]":
        return await rt.db.read(look), rt.clock.now()

    keys, now = with_runtime(work)
    for key in keys:
        print(key.id, f"…{key.hint}", _state(key, now), key.name or "-", *filter(None, [key.rate_limit]), sep="\t")


def _state(key: "ApiKey", now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "valid" if key.is_valid(now) else "expired"


@app.command("limit")
def limit(
    key: Annotated[str, typer.Argument(help="The key's id.")],
    rate: Annotated[
        str,
        typer.Argument(help="How often it may call, e.g. 50/s, 6000/m; off for no limit; default for the setting's."),
    ],
) -> None:
    """Limit how often a key may call; in force in every gateway process within 2 seconds."""
    from stagedoor.keys.limit import limit_key

    with_runtime(lambda rt: limit_key(rt, key, None if rate == "default" else rate))


@app.command("revoke")
def revoke(key: Annotated[str, typer.Argument(help="The key's id.")]) -> None:
    """Revoke a key; every gateway process refuses it within 2 seconds."""
    from stagedoor.keys.issue import revoke_key

    with_runtime(lambda rt: revoke_key(rt, key))
