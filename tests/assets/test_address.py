"""The table of addresses that an upload may and may not name."""

import pytest

from stagedoor.assets.address import check_url
from stagedoor.errors import InvalidParameter

PUBLIC = (
    "https://picsum.photos/800/1200.jpg",
    "http://cdn.example.com:8080/a.jpg?sign=a%2Fb&x=1#part",
    "HTTPS://CDN.EXAMPLE.COM/a.jpg",
    "https://素材.example.com/脸.jpg",
    "https://cdn.example.com./a.jpg",
    "http://8.8.8.8/a.jpg",
    "http://[2606:4700:4700::1111]/a.jpg",
    "https://127.0.0.1.example.com/a.jpg",
    "https://a_b.example.com/a.jpg",
)
PRIVATE = (
    "http://localhost/a.jpg",
    "http://LOCALHOST./a.jpg",
    "http://deep.localhost/a.jpg",
    "http://printer.local/a.jpg",
    "http://metadata.google.internal/computeMetadata",
    "http://nas.lan/a.jpg",
    "http://box.home.arpa/a.jpg",
    "http://host.localdomain/a.jpg",
    "http://intranet/a.jpg",
    "http://127.0.0.1/a.jpg",
    "http://127.0.0.1./a.jpg",
    "http://127.1/a.jpg",
    "http://2130706433/a.jpg",
    "http://0x7f000001/a.jpg",
    "http://0x7F.0.0.1/a.jpg",
    "http://0177.0.0.1/a.jpg",
    "http://017700000001/a.jpg",
    "http://0/a.jpg",
    "http://0.0.0.0/a.jpg",
    "http://10.1.2.3/a.jpg",
    "http://172.16.0.1/a.jpg",
    "http://192.168.1.1/a.jpg",
    "http://169.254.169.254/latest/meta-data",
    "http://100.100.100.200/latest/meta-data",
    "http://192.0.0.8/a.jpg",
    "http://198.18.0.1/a.jpg",
    "http://203.0.113.1/a.jpg",
    "http://224.0.0.1/a.jpg",
    "http://240.0.0.1/a.jpg",
    "http://255.255.255.255/a.jpg",
    "http://[::1]/a.jpg",
    "http://[::]/a.jpg",
    "http://[::ffff:127.0.0.1]/a.jpg",
    "http://[::ffff:8.8.8.8]/a.jpg",
    "http://[::7f00:1]/a.jpg",
    "http://[64:ff9b::7f00:1]/a.jpg",
    "http://[64:ff9b:1::1]/a.jpg",
    "http://[2002:7f00:1::]/a.jpg",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/a.jpg",
    "http://[2001:db8::1]/a.jpg",
    "http://[fc00::1]/a.jpg",
    "http://[fd00:ec2::254]/a.jpg",
    "http://[fe80::1]/a.jpg",
    "http://[fe80::1%25eth0]/a.jpg",
    "http://[fec0::1]/a.jpg",
    "http://[ff0e::1]/a.jpg",
    "http://１２７.0.0.1/a.jpg",
    "http://127。0。0。1/a.jpg",
    "http://ｌｏｃａｌｈｏｓｔ/a.jpg",
    "http://⑫７.0.0.①/a.jpg",
)
UNUSABLE = (
    "data:image/png;base64,iVBORw0KGgo=",
    "ftp://cdn.example.com/a.jpg",
    "file:///etc/passwd",
    "asset://asset-20260318071009-kctzf",
    "//cdn.example.com/a.jpg",
    "cdn.example.com/a.jpg",
    "/a.jpg",
    "https:cdn.example.com/a.jpg",
    "https:///a.jpg",
    "https://:443/a.jpg",
    "https://cdn.example.com:port/a.jpg",
    "https://cdn.example.com:99999/a.jpg",
    "https://[::1/a.jpg",
    "https://user@cdn.example.com/a.jpg",
    "https://user:secret@cdn.example.com/a.jpg",
    "https://cdn.example.com@127.0.0.1/a.jpg",
    "https://@cdn.example.com/a.jpg",
    "https://cdn.example.com/a b.jpg",
    " https://cdn.example.com/a.jpg",
    "https://cdn.example.com/a.jpg\n",
    "https://cdn.exam\tple.com/a.jpg",
    "https://cdn.example.com/\x00.jpg",
    "https://127.0.0.1\\.example.com/a.jpg",
    "https://loc%61lhost/a.jpg",
    "https://cdn..example.com/a.jpg",
    "https://",
)


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_address_is_let_through(url: str) -> None:
    check_url(url, local=False)


@pytest.mark.parametrize("url", PRIVATE)
def test_a_private_address_is_refused_in_whatever_disguise(url: str) -> None:
    with pytest.raises(InvalidParameter, match="public internet") as refused:
        check_url(url, local=False)
    assert refused.value.full_code == "InvalidParameter.URL"


@pytest.mark.parametrize("url", UNUSABLE)
@pytest.mark.parametrize("local", [False, True])
def test_what_is_no_plain_web_address_is_refused_everywhere(url: str, *, local: bool) -> None:
    with pytest.raises(InvalidParameter) as refused:
        check_url(url, local=local)
    assert refused.value.full_code == "InvalidParameter.URL"
    assert "secret" not in refused.value.message


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/a.jpg", "http://localhost/a.jpg", "http://[::1]:1/a.jpg"])
def test_an_address_of_this_machine_is_fine_for_an_emulator_beside_us(url: str) -> None:
    check_url(url, local=True)
