"""`stagedoor doctor`: what is wrong with this installation, each with its remedy."""

import typer

from stagedoor.settings import load_settings


def doctor() -> None:
    """Check the installation; exit code 1 when something has to be done."""
    import asyncio

    from stagedoor.cli.examine import Finding, examine
    from stagedoor.logs import set_up_logs

    settings = load_settings(log_level="error", log_format="console")
    set_up_logs(settings)

    async def collect() -> list[Finding]:
        return [finding async for finding in examine(settings)]

    findings = asyncio.run(collect())
    for finding in findings:
        print(f"{'ok  ' if finding.fine else 'FAIL'}  {finding.subject}")
        if not finding.fine:
            print(f"      → {finding.remedy}")
    if not all(finding.fine for finding in findings):
        raise typer.Exit(1)
