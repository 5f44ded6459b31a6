"""What an actor sees whose link leads nowhere, or who has to wait: three languages, no script, nothing to load."""

import base64
import hashlib
from typing import NamedTuple

_STYLE = """
:root{color-scheme:light dark;--back:#f6f4f0;--ink:#26231f;--soft:#5d574f;--line:#ddd7cd}
@media(prefers-color-scheme:dark){:root{--back:#191817;--ink:#ece8e1;--soft:#b3aca1;--line:#393632}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:1.125rem/1.75 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:34rem;margin:0 auto;padding:2.5rem 1.5rem}
section+section{margin-top:2.25rem;padding-top:2rem;border-top:1px solid var(--line)}
h1,h2{margin:0 0 .5rem;font-size:1.375rem;line-height:1.4;font-weight:600}
p{margin:0;color:var(--soft)}
p+p{margin-top:.5rem;color:var(--ink)}
""".strip()

# `data:` lets the empty icon be, so that no browser asks for /favicon.ico.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}';"
    " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class _Words(NamedTuple):
    title: str
    reason: str
    advice: str


def _page(title: str, simplified: _Words, traditional: _Words, english: _Words) -> bytes:
    return f"""<!doctype html>
<html lang="zh-Hans">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<main>
<section>
<h1>{simplified.title}</h1>
<p>{simplified.reason}</p>
<p>{simplified.advice}</p>
</section>
<section lang="zh-Hant">
<h2>{traditional.title}</h2>
<p>{traditional.reason}</p>
<p>{traditional.advice}</p>
</section>
<section lang="en">
<h2>{english.title}</h2>
<p>{english.reason}</p>
<p>{english.advice}</p>
</section>
</main>
</body>
</html>
""".encode()


PAGE = _page(
    "此链接无效 · Link not valid",
    _Words(
        "此链接无效",
        "它可能不完整，或者已经过期。这不是您的问题。",
        "请联系发给您链接的人，索取一个新的链接。您可以放心关闭此页面。",
    ),
    _Words(
        "此連結無效",
        "它可能不完整，或者已經過期。這不是您的問題。",
        "請聯絡傳送連結給您的人，索取新的連結。您可以放心關閉此頁面。",
    ),
    _Words(
        "This link is not valid",
        "It may be incomplete, or too old. You have done nothing wrong.",
        "Please ask whoever sent it to you for a new one. You can close this page.",
    ),
)
TOO_MANY_PAGE = _page(
    "请稍等 · One moment",
    _Words(
        "请稍等片刻",
        "您所在的网络刚才打开页面的次数太多。这不一定是您造成的。",
        "请过一会儿重新载入此页面。您的链接和已作出的同意不受影响。",
    ),
    _Words(
        "請稍候片刻",
        "您所在的網路剛才開啟頁面的次數太多。這不一定是您造成的。",
        "請過一會兒重新載入此頁面。您的連結和已作出的同意不受影響。",
    ),
    _Words(
        "One moment, please",
        "Too many pages were opened from your network just now. It need not have been you.",
        "Please load this page again in a little while. Your link and what you agreed to stay as they are.",
    ),
)
