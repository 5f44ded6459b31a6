"""`stagedoor tenants`: the customers of this gateway."""

from typing import Annotated

import typer

from stagedoor.cli.common import with_runtime

app = typer.Typer(help="The customers of this gateway.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What you call it; need not be unique.")],
    project: Annotated[str | None, typer.Option(help="Bind everything it owns to this upstream project.")] = None,
) -> None:
    """Add a tenant and print its id."""
    from stagedoor.tenants.create import create_tenant

    print(with_runtime(lambda rt: create_tenant(rt, name, project_name=project)).id)


@app.command("list")
def show() -> None:
    """List the tenants: id, name, project."""
    from stagedoor.tenants.store import list_tenants

    for tenant in with_runtime(lambda rt: rt.db.read(list_tenants)):
        print(tenant.id, tenant.name, tenant.project_name or "-", sep="\t")
