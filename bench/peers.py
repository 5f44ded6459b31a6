"""Two well-known gateways that pass a call on to the stub: LiteLLM with a master key, and Portkey. ``make peers`` installs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import Call, post
from bench.process import ROOT, Server, free_port, running

PEERS = ROOT / "bench" / ".peers"
LITELLM = PEERS / "litellm" / "bin" / "litellm"
PORTKEY = PEERS / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
_BODY = {"GroupId": "group-20260601191715-5vm6c", "URL": "https://pictures.example/face.jpg", "AssetType": "Image"}
_KEY = "sk-of-the-benchmark"
_LITELLM_CONFIG = """
general_settings:
  master_key: {key}
  pass_through_endpoints:
    - path: /assets
      target: http://127.0.0.1:{upstream}/?Action=CreateAsset&Version=2024-01-01
      auth: true
"""


def installed() -> bool:
    return LITELLM.exists() and PORTKEY.exists()


@contextmanager
def litellm(work: Path, upstream: Server) -> Iterator[tuple[Server, Call]]:
    """Run LiteLLM's proxy with one pass-through endpoint; yield it and a call to it."""
    port = free_port()
    config = work / f"litellm-{port}.yaml"
    config.write_text(_LITELLM_CONFIG.format(key=_KEY, upstream=upstream.port), encoding="ascii")
    command = [
        str(LITELLM),
        "--config",
        str(config),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--telemetry",
        "False",
    ]
    # Otherwise it fetches a list of prices when it starts.
    env = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONPATH": ""}
    with running("litellm", command, port=port, work=work, env=env, ready_path="/health/liveliness") as server:
        yield server, post("/assets", _BODY, {"Authorization": f"Bearer {_KEY}"})


@contextmanager
def portkey(work: Path, upstream: Server) -> Iterator[tuple[Server, Call]]:
    """Run Portkey's gateway; yield it and a call to it.

    It is asked for a chat completion: on paths it does not know, version 1.15 fails for want of a response it can change.
    """
    port = free_port()
    command = ["node", str(PORTKEY), f"--port={port}", "--headless"]
    headers = {
        "Authorization": f"Bearer {_KEY}",
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"http://127.0.0.1:{upstream.port}/?Action=CreateAsset&Path=",
    }
    with running("portkey", command, port=port, work=work, env={"NODE_ENV": "production"}, ready_path="/") as server:
        yield server, post("/v1/chat/completions", {**_BODY, "model": "face", "messages": []}, headers)
