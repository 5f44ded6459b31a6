"""`stagedoor doctor`: what is wrong with this installation, each with its remedy."""

from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.settings import load_settings

if TYPE_CHECKING:
    from stagedoor.cli.findings import Finding

SIGNS = {"ok": "ok  ", "fail": "FAIL", "untried": "?   "}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Check the installation; exit code 1 when something has to be done. What cannot be tried from here is marked `?`."""
    import asyncio

    from stagedoor.cli.examine import examine
    from stagedoor.logs import set_up_logs

    settings = load_settings(log_level="error", log_format="console")
    set_up_logs(settings)

    async def collect() -> "list[Finding]":
        return [finding async for finding in examine(settings)]

    findings = asyncio.run(collect())
    fine = all(finding.state != "fail" for finding in findings)
    if as_json:
        _print_json(findings, fine=fine)
    else:
        _print(findings)
    if not fine:
        raise typer.Exit(1)


def _print(findings: "list[Finding]") -> None:
    for finding in findings:
        print(f"{SIGNS[finding.state]}  {finding.subject}")
        if finding.remedy:
            print(f"      → {finding.remedy}")


def _print_json(findings: "list[Finding]", *, fine: bool) -> None:
    import msgspec

    shown = [finding._asdict() for finding in findings]
    print(msgspec.json.format(msgspec.json.encode({"fine": fine, "findings": shown})).decode())
