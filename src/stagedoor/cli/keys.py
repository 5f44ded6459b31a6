"""`stagedoor keys`: API keys of tenants and operators."""

from datetime import timedelta
from typing import Annotated

import typer

from stagedoor.cli.common import with_runtime
from stagedoor.keys.issue import issue_admin_key, issue_key, revoke_key
from stagedoor.keys.store import ApiKey, Kind, list_admin_keys, list_keys
from stagedoor.runtime import Runtime

app = typer.Typer(help="API keys of tenants and operators.", no_args_is_help=True)


@app.command("create")
def create(
    tenant: Annotated[str, typer.Argument(help="The tenant's id; leave it out with --admin.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="Make an operator's key.")] = False,
    test: Annotated[bool, typer.Option("--test", help="Make an sd_test_ key.")] = False,
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    scope: Annotated[list[str] | None, typer.Option(help="What it may do; all when left out.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="A model it may name; all when left out.")] = None,
    days: Annotated[float | None, typer.Option(help="Days until it stops working.")] = None,
) -> None:
    """Make a key and print it. It is not shown again."""
    kind: Kind = "test" if test else "live"
    if not tenant and not admin:
        raise typer.BadParameter("Name the tenant (`stagedoor tenants list` shows them), or say --admin.")

    async def work(rt: Runtime) -> tuple[ApiKey, str]:
        if admin:
            return await issue_admin_key(rt, name=name)
        expires_at = None if days is None else rt.clock.now() + timedelta(days=days)
        return await issue_key(rt, tenant, kind=kind, name=name, scopes=scope, models=model, expires_at=expires_at)

    key, secret = with_runtime(work)
    print(secret)
    typer.echo(f"Key {key.id}. Keep the secret: it is not shown again.", err=True)


@app.command("list")
def show(tenant: Annotated[str, typer.Argument(help="The tenant's id; operators' keys when left out.")] = "") -> None:
    """List keys: id, last four characters, state, name."""
    keys = with_runtime(lambda rt: rt.db.read(lambda tx: list_keys(tx, tenant) if tenant else list_admin_keys(tx)))
    for key in keys:
        print(key.id, f"…{key.hint}", "revoked" if key.revoked_at else "valid", key.name or "-", sep="\t")


@app.command("revoke")
def revoke(key: Annotated[str, typer.Argument(help="The key's id.")]) -> None:
    """Revoke a key; every gateway process refuses it within 2 seconds."""
    with_runtime(lambda rt: revoke_key(rt, key))
