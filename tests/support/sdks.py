"""The official Python SDKs, unchanged but for host and keys."""

import asyncio
from typing import Any


class PythonSdk:
    """The universal client of an official SDK: ``volcenginesdkcore`` or ``byteplussdkcore``."""

    def __init__(self, core: Any, url: str, access_key: str, secret_key: str) -> None:
        configuration = core.Configuration()
        configuration.host = url.removeprefix("http://")
        configuration.scheme = "http"
        configuration.region = "cn-beijing"
        configuration.ak, configuration.sk = access_key, secret_key
        self._core = core
        self.api = core.UniversalApi(core.ApiClient(configuration))
        self.called: set[str] = set()

    async def call(self, action: str, **body: Any) -> Any:
        self.called.add(action)
        info = self._core.UniversalInfo("POST", "ark", "2024-01-01", action, "application/json")
        return await asyncio.to_thread(self.api.do_call, info, body)

    def close(self) -> None:
        self.api.api_client.rest_client.pool_manager.clear()
