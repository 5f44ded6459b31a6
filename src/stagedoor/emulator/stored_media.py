"""Stored media, served to whoever holds a presigned address that has not expired."""

from aiohttp import web

from stagedoor.emulator.links import is_good, media_path
from stagedoor.emulator.replies import reply
from stagedoor.emulator.world import WORLD

MEDIA_HEADERS = {
    "Cache-Control": "private, no-store",
    # What was uploaded is not ours: it must never run as a page of this address.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


async def show_media(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    path = media_path(world, request.match_info["file_name"])
    if path != request.path or not is_good(world, path, dict(request.query)):
        return reply({"Code": "AccessDenied", "Message": "The address was not signed here or has expired."}, status=403)
    asset = world.store.find_asset_by_file(request.match_info["file_name"])
    if asset is None:
        return reply({"Code": "NoSuchKey", "Message": "The specified key does not exist."}, status=404)
    headers = {**MEDIA_HEADERS, "Content-Type": asset.content_type or "application/octet-stream"}
    return web.FileResponse(world.media_dir / asset.file_name, headers=headers)
