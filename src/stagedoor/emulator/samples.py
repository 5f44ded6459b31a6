"""Pictures to upload when none is at hand: `/_emulator/samples/{anything}.jpg`, a drawing of nobody."""

from functools import cache
from io import BytesIO

from aiohttp import web

SIZE = (600, 800)
PAPER, INK, SHADE = (240, 236, 228), (70, 66, 60), (196, 188, 176)


async def show_sample(_: web.Request) -> web.Response:
    """Answer the drawing under any name, so that words in the name can decide how the upload ends."""
    return web.Response(body=draw_portrait(), content_type="image/jpeg")


@cache
def draw_portrait() -> bytes:
    """Return a drawn head and shoulders as a JPEG of 600 by 800 pixels, marked as a simulation."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 560, 560, 1100), fill=SHADE, outline=INK, width=6)
    draw.rectangle((255, 480, 345, 620), fill=PAPER, outline=INK, width=6)
    draw.ellipse((160, 130, 440, 520), fill=PAPER, outline=INK, width=6)
    for left in (230, 340):
        draw.ellipse((left, 290, left + 30, 310), fill=INK)
    draw.line((300, 320, 290, 390, 312, 390), fill=INK, width=5)
    draw.arc((245, 380, 355, 460), 20, 160, fill=INK, width=6)
    draw.text((20, 20), "stagedoor emulator: SIMULATION, a drawing of nobody", fill=INK)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def sample_routes() -> list[web.RouteDef]:
    return [web.get("/_emulator/samples/{name}.jpg", show_sample)]
