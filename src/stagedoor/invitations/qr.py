"""A link as a QR code."""

import io

import segno

BORDER = 4
"""Modules of white around it, as the standard asks."""
SIDE = 8
"""Pixels of a module in the PNG."""


def draw_svg(link: str) -> bytes:
    out = io.BytesIO()
    code = segno.make_qr(link, error="m")
    code.save(out, kind="svg", border=BORDER, xmldecl=False, nl=False, omitsize=True, dark="#000", light="#fff")
    return out.getvalue()


def draw_png(link: str) -> bytes:
    out = io.BytesIO()
    segno.make_qr(link, error="m").save(out, kind="png", border=BORDER, scale=SIDE)
    return out.getvalue()
