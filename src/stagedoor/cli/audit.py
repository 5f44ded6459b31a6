"""`stagedoor audit`: who did what, and whether anybody has edited that."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.cli.common import with_runtime

if TYPE_CHECKING:
    from stagedoor.audit.listing import AuditPage
    from stagedoor.audit.verify import Verdict
    from stagedoor.runtime import Runtime

app = typer.Typer(help="The audit trail: who did what to which face.", no_args_is_help=True)

Tenant = Annotated[str, typer.Option(help="The tenant's id. Without: the instance's own trail.")]


@app.command("verify")
def verify(
    file: Annotated[Path | None, typer.Argument(help="An export. Without: the trails in the database.")] = None,
    tenant: Annotated[str, typer.Option(help="Only this tenant's trail.")] = "",
    key: Annotated[
        str, typer.Option(help="The public key an export must be signed with. Without: this instance's.")
    ] = "",
    head: Annotated[
        str,
        typer.Option(help="SEQ:HASH as it was printed before; with --tenant. What was cut off since then is found."),
    ] = "",
) -> None:
    """Look for edits. Ends with code 1, naming the place, when there is one."""
    if head and not tenant:
        raise typer.BadParameter("--head goes with --tenant.")
    if file is not None:
        _verify_file(file, key or with_runtime(_public))
        return
    verdicts = with_runtime(lambda rt: _verify(rt, tenant, head))
    for verdict in verdicts:
        _print(verdict)
    if any(verdict.findings for verdict in verdicts):
        raise typer.Exit(1)


async def _public(rt: "Runtime") -> str:
    from stagedoor.audit.chain import AuditKey

    return AuditKey(rt.vault).public


def _verify_file(file: Path, public: str) -> None:
    from stagedoor.audit.verify_export import verify_export

    with file.open("rb") as lines:
        check = verify_export(lines, public)
    for finding in check.findings:
        print(finding)
    if check.findings:
        raise typer.Exit(1)
    print(f"{check.entries} entries, {check.checkpoints} checkpoints, nothing changed; head {check.seq}:{check.hash}")


async def _verify(rt: "Runtime", tenant: str, head: str) -> "list[Verdict]":
    from stagedoor.audit.store import INSTANCE
    from stagedoor.audit.verify import verify_chain
    from stagedoor.tenants.store import get_tenant, list_tenants

    if tenant:
        await rt.db.read(lambda tx: get_tenant(tx, tenant))
    tenants = [tenant] if tenant else [INSTANCE, *(one.id for one in await rt.db.read(list_tenants))]
    return [await verify_chain(rt, one, head=head) for one in tenants]


def _print(verdict: "Verdict") -> None:
    name = verdict.tenant_id or "instance"
    for finding in verdict.findings:
        print(f"{name}: {finding}")
    told = [f"{verdict.entries} entries", f"{verdict.checkpoints} checkpoints"]
    if verdict.tail:
        told.append(f"uncheckpointed tail of {verdict.tail}")
    if verdict.pending:
        told.append(f"{verdict.pending} not sealed yet")
    told.append("DAMAGED" if verdict.findings else "nothing changed")
    print(f"{name}: {', '.join(told)}; head {verdict.seq}:{verdict.hash}")


@app.command("list")
def show(
    tenant: Tenant = "",
    about: Annotated[
        str | None, typer.Option("--object", help="Only what was done to this group, asset, key, …")
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="Behind this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many at most.")] = 100,
) -> None:
    """List entries, the oldest first: number, time, who, what, to which object, details."""
    import json

    from stagedoor.audit.listing import open_entry, read_trail
    from stagedoor.tenants.store import get_tenant

    async def work(rt: "Runtime") -> "AuditPage":
        if tenant:
            await rt.db.read(lambda tx: get_tenant(tx, tenant))
        return await read_trail(rt, tenant, after, limit=limit, object_id=about)

    for sealed in with_runtime(work).entries:
        entry = open_entry(sealed)
        details = json.dumps(entry["details"], sort_keys=True) if entry["details"] else "-"
        print(entry["seq"], entry["at"], entry["by"], entry["action"], entry["object"] or "-", details, sep="\t")


@app.command("export")
def export_trail(
    tenant: Tenant = "",
    out: Annotated[Path | None, typer.Option(help="The file to write. Without: standard output.")] = None,
) -> None:
    """Write a trail as lines of JSON, signed, to be kept elsewhere and verified without this program."""
    from stagedoor.audit.export import export
    from stagedoor.audit.store import OPERATOR
    from stagedoor.tenants.store import get_tenant

    async def work(rt: "Runtime") -> None:
        if tenant:
            await rt.db.read(lambda tx: get_tenant(tx, tenant))
        target = sys.stdout.buffer if out is None else out.open("xb")
        try:
            async for line in export(rt, tenant, by=OPERATOR):
                target.write(line + b"\n")
        finally:
            if out is not None:
                target.close()

    try:
        with_runtime(work)
    except FileExistsError:
        raise typer.BadParameter(f"There is a file {out} already.") from None


@app.command("proof")
def show_proof(
    group: Annotated[str, typer.Argument(help="The group whose actor has taken the consent back.")],
    tenant: Annotated[str, typer.Option(help="The tenant's id.")],
) -> None:
    """Print the signed proof that a group was deleted. Ends with code 1 while it is not."""
    from stagedoor.deletions.store import get_deletion

    deletion = with_runtime(lambda rt: rt.db.read(lambda tx: get_deletion(tx, tenant, group)))
    if deletion.proof is None:
        typer.echo(f"stagedoor: {group} is not deleted yet.", err=True)
        raise typer.Exit(1)
    print(deletion.proof.decode())


@app.command("key")
def show_key() -> None:
    """Print the public key with which exports and proofs are verified. Keep it where this instance cannot change it."""
    print(with_runtime(_public))
