"""`stagedoor tenants`: the customers of this gateway."""

from typing import Annotated

import typer

from stagedoor.cli.common import with_runtime
from stagedoor.tenants.create import create_tenant
from stagedoor.tenants.store import list_tenants

app = typer.Typer(help="The customers of this gateway.", no_args_is_help=True)


@app.command("create")
def create(
    name: str,
    project: Annotated[str | None, typer.Option(help="Bind everything it owns to this upstream project.")] = None,
) -> None:
    """Add a tenant and print its id."""
    tenant = with_runtime(lambda rt: create_tenant(rt, name, project_name=project))
    print(tenant.id)


@app.command("list")
def show() -> None:
    """List the tenants: id, name, project."""
    for tenant in with_runtime(lambda rt: rt.db.read(list_tenants)):
        print(tenant.id, tenant.name, tenant.project_name or "-", sep="\t")
