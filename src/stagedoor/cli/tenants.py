"""`stagedoor tenants`: the customers of this gateway."""

from typing import Annotated

import typer

from stagedoor.cli.common import with_runtime

app = typer.Typer(help="The customers of this gateway.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What you call it; need not be unique.")],
    project: Annotated[str | None, typer.Option(help="Bind everything it owns to this upstream project.")] = None,
    rate: Annotated[
        str | None,
        typer.Option(help="How often it may call with all of its keys, e.g. 100/s. Without: as the setting says."),
    ] = None,
) -> None:
    """Add a tenant and print its id."""
    from stagedoor.quotas.rates import checked
    from stagedoor.tenants.create import create_tenant

    print(with_runtime(lambda rt: create_tenant(rt, name, project_name=project, rate_limit=checked(rate))).id)


@app.command("limit")
def limit(
    tenant: Annotated[str, typer.Argument(help="The tenant's id.")],
    rate: Annotated[
        str,
        typer.Argument(help="How often it may call, e.g. 100/s, 6000/m; off for no limit; default for the setting's."),
    ],
) -> None:
    """Limit how often a tenant may call with all of its keys; in force in every gateway process within 2 seconds."""
    from stagedoor.keys.limit import limit_tenant

    with_runtime(lambda rt: limit_tenant(rt, tenant, None if rate == "default" else rate))


@app.command("list")
def show() -> None:
    """List the tenants: id, name, project, and the rate of those that have one."""
    from stagedoor.tenants.store import list_tenants

    for tenant in with_runtime(lambda rt: rt.db.read(list_tenants)):
        print(tenant.id, tenant.name, tenant.project_name or "-", *filter(None, [tenant.rate_limit]), sep="\t")
