"""How the actor's pages look, and what their policy lets in: this style, our own script, nothing else."""

import base64
import hashlib

STYLE = """
:root{color-scheme:light dark;--back:#f6f4f0;--card:#fffefb;--ink:#26231f;--soft:#5d574f;--line:#ddd7cd;--deep:#1d5c4a;--on:#fff;--warn:#8a3b12;--tint:#fbf0e4;--well:#e6f1ec}
@media(prefers-color-scheme:dark){:root{--back:#191817;--card:#232120;--ink:#ece8e1;--soft:#b8b1a6;--line:#3d3936;--deep:#8fd3bb;--on:#10231c;--warn:#f0b48c;--tint:#33271d;--well:#1f302a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--back);color:var(--ink);font:1.0625rem/1.7 system-ui,-apple-system,"PingFang SC","PingFang TC","Noto Sans CJK SC",sans-serif;overflow-wrap:anywhere}
main{max-width:32rem;margin:0 auto;padding:1.25rem 1.25rem 3rem}
nav{display:flex;justify-content:flex-end;gap:.25rem;max-width:32rem;margin:0 auto;padding:.5rem .75rem 0;font-size:.9375rem}
nav a{padding:.5rem;color:var(--soft);text-decoration:none}
nav a[aria-current]{color:var(--ink);font-weight:600}
h1{text-wrap:balance;margin:.75rem 0 .5rem;font-size:1.5rem;line-height:1.35;font-weight:650}
h2{margin:2rem 0 .5rem;font-size:1.125rem;line-height:1.4;font-weight:650}
p{margin:.5rem 0;text-wrap:pretty}
ul{margin:.5rem 0;padding-left:1.25rem}
.soft,dt,details p,details li{color:var(--soft)}
.small{font-size:.9375rem;line-height:1.6}
dl{margin:1rem 0;padding:.25rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
dl div{padding:.625rem 0}
dl div+div{border-top:1px solid var(--line)}
dt{font-size:.875rem;line-height:1.5}
dd{margin:0}
.terms{padding:.5rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;font-size:1rem}
fieldset{margin:0;padding:0;border:0;min-width:0}
legend{padding:0}
.box{display:flex;gap:.75rem;margin:.75rem 0;padding:.875rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;font-size:1rem;line-height:1.6;cursor:pointer}
.box:has(:checked){border-color:var(--deep);background:var(--well)}
.box.missing{border-color:var(--warn)}
.box input{flex:none;width:1.5rem;height:1.5rem;margin:.0625rem 0 0;accent-color:var(--deep)}
.notice{margin:1rem 0;padding:.75rem 1rem;background:var(--tint);border-left:.25rem solid var(--warn);border-radius:.5rem;font-size:1rem}
.notice h2{margin:0 0 .25rem;font-size:1.0625rem}
.notice a{color:inherit}
code{display:block;margin-top:.5rem;padding:.5rem .75rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem;font:.875rem/1.6 ui-monospace,monospace;user-select:all;-webkit-user-select:all}
button,.button{display:block;width:100%;margin:1.5rem 0 .5rem;padding:.875rem 1rem;border:0;border-radius:.75rem;background:var(--deep);color:var(--on);font:600 1.125rem/1.4 system-ui,sans-serif;text-align:center;text-decoration:none;cursor:pointer}
.quiet{background:none;border:1px solid var(--line);color:var(--ink);font-weight:400;font-size:1rem}
.danger{background:var(--warn);color:var(--back)}
a{color:var(--deep)}
:focus-visible{outline:.1875rem solid var(--deep);outline-offset:.1875rem}
details{margin:1rem 0;padding:.625rem 1rem;border:1px solid var(--line);border-radius:.75rem}
summary{cursor:pointer;padding:.25rem 0}
.sign{display:block;width:3.5rem;height:3.5rem;margin:1.5rem 0 0}
.sign circle{fill:var(--well);stroke:none}
.sign path{fill:none;stroke:var(--deep);stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.sign.other circle{fill:var(--tint)}
.sign.other path{stroke:var(--warn)}
@media(prefers-reduced-motion:no-preference){.sign.waiting path{animation:turn 1.2s linear infinite;transform-origin:12px 12px}}
@keyframes turn{to{transform:rotate(360deg)}}
""".strip()

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

SCRIPT = """\
"use strict";
const progress = document.body.dataset.progress;
const look = async () => {
  try {
    const answer = await fetch(document.body.dataset.state, {cache: "no-store", credentials: "omit"});
    if (answer.ok && (await answer.json()).progress !== progress) { location.reload(); return; }
  } catch { /* away for a moment */ }
  setTimeout(look, document.hidden ? 5000 : 1000);
};
if (progress) setTimeout(look, 700);
"""
"""Loads the page again when there is news. Without it the page does the same by itself, only more slowly."""


def content_security_policy(form_action: str) -> str:
    return (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
        f" form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    )
