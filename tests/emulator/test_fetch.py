import asyncio
import gzip
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from stagedoor.emulator.fetch import Download, DownloadFailed, DownloadTooLarge, download
from tests.support.rawserver import http as http_answer
from tests.support.rawserver import raw_server, say

CONTENT = bytes(range(256)) * 1024


class Names(AbstractResolver):
    """A resolver that knows what it is told, and counts how often it is asked."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("_", "."): addresses for name, addresses in names.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}
            for address in self.names[host]
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Site:
    """A web server on 127.0.0.1 that remembers the Host of every request."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        self.port = 0

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
        server = web.ServerRunner(web.Server(self.answer), shutdown_timeout=0.1)
        await server.setup()
        await web.TCPSite(server, "127.0.0.1", 0, ssl_context=tls).start()
        self.port = server.addresses[0][1]
        try:
            yield
        finally:
            await server.cleanup()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.hosts.append(request.host)
        match request.path.split("/"):
            case [_, "file"]:
                return web.Response(body=CONTENT, content_type="image/jpeg")
            case [_, "hops", number]:
                onward = f"/hops/{int(number) - 1}" if int(number) > 1 else "/file"
                return web.Response(status=302, headers={"Location": onward})
            case [_, "to"]:
                return web.Response(status=307, headers={"Location": request.query["url"]})
            case [_, "nowhere"]:
                return web.Response(status=302)
            case [_, "status", number]:
                return web.Response(status=int(number), body=CONTENT)
            case [_, "zipped"]:
                return web.Response(body=gzip.compress(CONTENT), headers={"Content-Encoding": "gzip"})
            case _:
                return await self.stream(request)

    async def stream(self, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        if request.path == "/broken":
            response.content_length = 2 * len(CONTENT)
        await response.prepare(request)
        await response.write(CONTENT)
        if request.path == "/slow":
            await asyncio.sleep(30)
        if request.path == "/broken":
            assert request.transport is not None
            request.transport.close()
        return response


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    async with site.serving():
        yield site


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder for temporary files, to see what is left in it."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path)
    yield tmp_path
    tempfile.tempdir = before


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


class Fetch:
    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http

    async def __call__(
        self,
        url: str,
        *allowed: str,
        max_bytes: int = len(CONTENT),
        timeout: float = 5,  # noqa: ASYNC109 - handed on to the function under test
        names: Names | None = None,
    ) -> Download:
        return await download(
            url,
            http=self.http,
            allowed_hosts=frozenset(allowed),
            max_bytes=max_bytes,
            timeout=timedelta(seconds=timeout),
            resolver=names or Names(),
        )


@pytest.fixture
def fetch(http: aiohttp.ClientSession) -> Fetch:
    return Fetch(http)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "media.localhost", "[::ffff:127.0.0.1]"])
async def test_a_file_on_this_machine_is_fetched_without_asking_a_resolver(site: Site, fetch: Fetch, host: str) -> None:
    names = Names()
    got = await fetch(site.url("/file", host), names=names)
    assert (got.size, got.content_type, got.path.read_bytes()) == (len(CONTENT), "image/jpeg", CONTENT)
    assert names.asked == []


async def test_a_missing_content_type_is_not_invented(fetch: Fetch) -> None:
    async with raw_server(say(http_answer(CONTENT, content_type=None))) as server:
        assert (await fetch(f"{server.url}/file")).content_type is None


async def test_an_answer_that_is_not_http_fails(fetch: Fetch) -> None:
    async with raw_server(say(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", keep=False)) as server:
        with pytest.raises(DownloadFailed, match="broke off"):
            await fetch(f"{server.url}/file")


async def test_an_allowed_host_is_looked_up_once_and_asked_by_its_name(site: Site, fetch: Fetch) -> None:
    names = Names(media_example=["127.0.0.1"])
    await fetch(site.url("/file", "media.example"), "media.example", names=names)
    assert names.asked == ["media.example"]
    assert site.hosts == [f"media.example:{site.port}"]


async def test_the_next_address_is_tried_when_one_does_not_answer(site: Site, fetch: Fetch) -> None:
    names = Names(media_example=["127.0.0.9", "127.0.0.1"])
    got = await fetch(site.url("/file", "media.example"), "media.example", names=names)
    assert got.size == len(CONTENT)


@pytest.mark.parametrize(
    "host",
    [
        "media.example",
        "sub.media.example.org",
        "media.example.org.",
        "localhost.",
        "localhost.example",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.96.0.96",
        "0.0.0.0",
        "0",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
        "[fd00:ec2::254]",
    ],
)
async def test_no_other_host_is_looked_up_or_asked(site: Site, fetch: Fetch, host: str) -> None:
    names = Names(media_example=["127.0.0.1"])
    with pytest.raises(DownloadFailed, match="neither this machine nor an allowed host"):
        await fetch(site.url("/file", host), "media.example.org", names=names)
    assert names.asked == []
    assert site.hosts == []


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
        "2001:0:1::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "fd00:ec2::254",
    ],
)
async def test_an_allowed_name_does_not_lead_to_a_forbidden_address(site: Site, fetch: Fetch, address: str) -> None:
    names = Names(media_example=["127.0.0.1", address])
    with pytest.raises(DownloadFailed, match="never fetched from"):
        await fetch(site.url("/file", "media.example"), "media.example", names=names)
    assert site.hosts == []


@pytest.mark.parametrize("names", [Names(), Names(media_example=[])])
async def test_an_allowed_name_without_an_address_fails(fetch: Fetch, names: Names) -> None:
    with pytest.raises(DownloadFailed, match=r"media\.example"):
        await fetch("http://media.example/file", "media.example", names=names)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file",
        "//127.0.0.1/file",
        "http://",
        "http:///file",
        "http://127.0.0.1:0/file",
        "http://127.0.0.1:99999/file",
        "http://[::1/file",
        "ftp://127.0.0.1/file",
        "file:///etc/hostname",
        "data:image/png;base64,AAAA",
        "http://user@127.0.0.1/file",
        "http://user:secret@127.0.0.1/file",
        "http://@127.0.0.1/file",
        "http://127.0.0.1\x00/file",
        "http://\ud800/file",
    ],
)
async def test_an_address_that_is_not_plain_http_fails_and_is_not_repeated(fetch: Fetch, url: str) -> None:
    with pytest.raises(DownloadFailed) as failed:
        await fetch(url)
    assert "secret" not in failed.value.reason


async def test_three_redirects_are_followed_and_a_fourth_is_not(site: Site, fetch: Fetch) -> None:
    assert (await fetch(site.url("/hops/3"))).size == len(CONTENT)
    with pytest.raises(DownloadFailed, match="more than 3 redirects"):
        await fetch(site.url("/hops/4"))
    assert len(site.hosts) == 4 + 4


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/",
        "http://media.example/",
        "file:///etc/hostname",
        "http://user@127.0.0.1/",
        "//169.254.169.254/",
    ],
)
async def test_every_redirect_is_checked_like_the_first_address(site: Site, fetch: Fetch, target: str) -> None:
    with pytest.raises(DownloadFailed):
        await fetch(site.url(f"/to?url={target}"))
    assert len(site.hosts) == 1


async def test_a_redirect_to_an_allowed_host_is_followed(site: Site, fetch: Fetch) -> None:
    names = Names(media_example=["127.0.0.1"])
    url = site.url(f"/to?url={site.url('/file', 'media.example')}")
    assert (await fetch(url, "media.example", names=names)).size == len(CONTENT)


@pytest.mark.parametrize("path", ["/nowhere", "/status/204", "/status/206", "/status/404", "/status/500"])
async def test_any_answer_but_the_file_fails(site: Site, fetch: Fetch, folder: Path, path: str) -> None:
    with pytest.raises(DownloadFailed):
        await fetch(site.url(path))
    assert left_in(folder) == []


@pytest.mark.parametrize("path", ["/file", "/streamed", "/zipped"])
async def test_one_byte_more_than_wanted_is_too_large_announced_or_not(
    site: Site, fetch: Fetch, folder: Path, path: str
) -> None:
    assert (await fetch(site.url(path))).size == len(CONTENT)
    with pytest.raises(DownloadTooLarge):
        await fetch(site.url(path), max_bytes=len(CONTENT) - 1)
    assert len(left_in(folder)) == 1


async def test_a_transfer_that_breaks_off_fails_and_leaves_no_file(site: Site, fetch: Fetch, folder: Path) -> None:
    with pytest.raises(DownloadFailed, match="broke off"):
        await fetch(site.url("/broken"), max_bytes=3 * len(CONTENT))
    assert left_in(folder) == []


async def test_the_time_limit_holds_while_the_body_arrives_and_leaves_no_file(
    site: Site, fetch: Fetch, folder: Path
) -> None:
    with pytest.raises(DownloadFailed, match=r"longer than 0\.2 s"):
        await fetch(site.url("/slow"), timeout=0.2)
    assert left_in(folder) == []


async def test_a_cancelled_download_leaves_no_file(site: Site, fetch: Fetch, folder: Path) -> None:
    task = asyncio.create_task(fetch(site.url("/slow")))
    async with asyncio.timeout(5):
        while not left_in(folder):  # noqa: ASYNC110 - a file system has no event to wait for
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_in(folder) == []


def tls_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate that is good for one name, and return the server's and the client's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    both = folder / "server.pem"
    both.write_bytes(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(both)
    both.unlink()
    return server, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.parametrize(("certified", "good"), [("media.example", True), ("other.example", False)])
async def test_the_certificate_is_checked_against_the_name_and_not_the_address(
    folder: Path, certified: str, good: bool
) -> None:
    site = Site()
    server_side, client_side = tls_for(certified, folder)
    names = Names(media_example=["127.0.0.1"])
    async with (
        site.serving(server_side),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client_side)) as http,
    ):
        fetching = Fetch(http)(f"https://media.example:{site.port}/file", "media.example", names=names)
        if good:
            assert (await fetching).size == len(CONTENT)
        else:
            with pytest.raises(DownloadFailed, match="no connection"):
                await fetching


async def test_a_port_where_nobody_listens_fails(fetch: Fetch) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        with pytest.raises(DownloadFailed, match="no connection"):
            await fetch(f"http://127.0.0.1:{unheard.getsockname()[1]}/file")
