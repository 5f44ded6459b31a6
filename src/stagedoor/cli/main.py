"""`stagedoor …`: everything an operator does from a terminal."""

import typer

import stagedoor
from stagedoor.cli import (
    adopt,
    audit,
    backup,
    cases,
    channels,
    dev,
    doctor,
    emulator,
    jobs,
    keys,
    move,
    operators,
    serve,
    tenants,
)
from stagedoor.cli.agent import mcp
from stagedoor.cli.remote import assets, events, groups, listen, logins, trigger, upload, verify
from stagedoor.errors import StagedoorError
from stagedoor.settings import SettingsError

REMOTE = "Over HTTP, with a tenant's key"

app = typer.Typer(
    name="stagedoor",
    help="Self-hosted gateway to the private trusted asset library of Seedance 2.x.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("dev")(dev.dev)
app.command("serve")(serve.serve)
app.command("migrate")(serve.migrate)
app.command("move-to-postgres")(move.move_to_postgres)
app.command("emulator")(emulator.emulator)
app.command("doctor")(doctor.doctor)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("adopt")(adopt.adopt)
app.add_typer(tenants.app, name="tenants")
app.add_typer(keys.app, name="keys")
app.add_typer(channels.app, name="channels")
app.add_typer(jobs.app, name="jobs")
app.add_typer(cases.app, name="cases")
app.add_typer(audit.app, name="audit")
app.add_typer(operators.app, name="operators")
app.command("login", rich_help_panel=REMOTE)(logins.login)
app.command("logout", rich_help_panel=REMOTE)(logins.logout)
app.command("verify", rich_help_panel=REMOTE)(verify.verify)
app.command("upload", rich_help_panel=REMOTE)(upload.upload)
app.add_typer(groups.app, name="groups", rich_help_panel=REMOTE)
app.add_typer(assets.app, name="assets", rich_help_panel=REMOTE)
app.add_typer(events.app, name="events", rich_help_panel=REMOTE)
app.command("listen", rich_help_panel=REMOTE)(listen.listen)
app.command("trigger", rich_help_panel=REMOTE)(trigger.trigger)
app.command("mcp", rich_help_panel=REMOTE)(mcp.mcp)


@app.command()
def version() -> None:
    """Print the version."""
    print(stagedoor.__version__)


def run() -> None:
    """Run the command line; what is wrong is said in one line, with exit code 1."""
    try:
        app()
    except SettingsError as error:
        raise SystemExit(f"stagedoor: {error}") from None
    except OSError as error:
        if error.filename is None:  # no file that somebody named
            raise
        raise SystemExit(f"stagedoor: {error.filename}: {error.strerror}.") from None
    except StagedoorError as error:
        raise SystemExit(f"stagedoor: {error.full_code}: {error.message}") from None
