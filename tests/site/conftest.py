"""The documentation as a site, built once for each process and served from a port of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, async_playwright

from docs.site.build import build_site
from tests.doors.test_documents import CHROMIUM, CHROMIUM_IS_HERE, QUIET
from tests.support import databases


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert build_site(folder) == []
    return folder


@pytest.fixture
async def site_url(site: Path) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_static("/", site)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/"))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM_IS_HERE:
        databases.require_or_skip("there is no Chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        await launched.close()
