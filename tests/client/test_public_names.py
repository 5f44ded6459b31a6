"""What the client offers: its names, the same in both clients, and nothing of the server."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import stagedoor_client

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "client" / "src" / "stagedoor_client"
NAMES = """
    AccessDenied AnswerMalformed Asset AssetFailed AsyncClient Consent Decision Deletion Delivery Event EventPage Invitation QRCode
    BrokenRule Import ImportItem ImportItemPage Media MediaReport NewItem WaitTimedOut WebhookEndpoint WebhookRefused webhooks AuthenticationFailed BadRequest BytedTokenExpired BytedTokenRefused Check Client
    ConfigurationError Conflict ConnectionFailed ConsentWithdrawn Deleted ExchangeError ExchangeInProgress ExchangeUnknown ExchangedGroup
    FlowLimitExceeded GatewayError Group IdempotencyKeyInUse IdempotencyKeyReused InvitationEnded LimitReached NoChannel NotFound OutcomeUnknown Page
    Problem QuotaExceeded Response Retries ServerFailed StagedoorError TimedOut Unprocessable Upstream UpstreamFailed UpstreamMalformed
    UpstreamRejected UpstreamTimeout UpstreamUnavailable Upload ValidateFailed ValidatePending __version__
"""
METHODS = """
    build_request close cancel_invitation create_asset create_group create_invitation create_webhook_endpoint delete_asset
    delete_group delete_webhook_endpoint exchange get_asset get_deletion get_group get_invitation get_webhook_endpoint iter_assets
    iter_events iter_groups iter_invitations list_assets list_events list_groups list_invitations list_webhook_deliveries
    list_webhook_endpoints resend_webhooks rotate_webhook_secret start_check stream_events update_asset update_group
    build_upload_request delete_upload get_upload iter_uploads list_uploads upload upload_file
    build_form_request cancel_import check_media check_upload create_import get_import iter_import_items iter_imports
    list_import_items list_imports wait_until_imported
    update_webhook_endpoint wait_until_active wait_until_completed wait_until_exchanged
"""


def methods(client: type) -> dict[str, str]:
    """Return the public methods with their parameters."""
    members = inspect.getmembers(client, inspect.isfunction)
    return {name: str(list(inspect.signature(made).parameters.values())) for name, made in members if name[0] != "_"}


def test_the_public_names_are_these() -> None:
    assert sorted(stagedoor_client.__all__) == sorted(NAMES.split())
    assert all(hasattr(stagedoor_client, name) for name in stagedoor_client.__all__)
    assert (PACKAGE / "py.typed").exists()


def test_both_clients_have_the_same_methods() -> None:
    waiting, asyncio = methods(stagedoor_client.Client), methods(stagedoor_client.AsyncClient)
    asyncio["close"] = asyncio.pop("aclose")
    assert waiting == asyncio
    assert sorted(waiting) == sorted(METHODS.split())


def test_the_client_that_waits_is_written_from_the_other() -> None:
    subprocess.run([sys.executable, ROOT / "client" / "unasync.py", "--check"], check=True)


def test_the_client_needs_one_library_and_nothing_of_the_server() -> None:
    files = set(PACKAGE.rglob("*.py")) - {PACKAGE / "pytest.py"}
    roots = {module.partition(".")[0] for path in files for module in _imports(path)}
    assert roots - sys.stdlib_module_names == {"httpx2", "stagedoor_client"}


def _imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
    return found
