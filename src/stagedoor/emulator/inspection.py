"""What the emulator holds, laid open for tests: groups, assets and sessions of every project."""

from aiohttp import web

from stagedoor.emulator.assets import asset_document
from stagedoor.emulator.groups import group_document
from stagedoor.emulator.ledger import mask
from stagedoor.emulator.replies import reply
from stagedoor.emulator.world import WORLD


async def show_groups(request: web.Request) -> web.Response:
    return reply({"groups": [group_document(group) for group in request.app[WORLD].store.all_groups()]})


async def show_assets(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    world.store.settle_assets(world.clock.now())
    return reply({"assets": [asset_document(world, asset) for asset in world.store.all_assets()]})


async def show_sessions(request: web.Request) -> web.Response:
    sessions = request.app[WORLD].store.all_sessions()
    return reply(
        {
            "sessions": [
                {
                    "BytedToken": mask(session.byted_token),
                    "ProjectName": session.project,
                    "state": session.state,
                    "spent": session.spent,
                    "GroupId": session.group_id,
                }
                for session in sessions
            ]
        }
    )


def inspection_routes() -> list[web.RouteDef]:
    return [
        web.get("/_emulator/groups", show_groups),
        web.get("/_emulator/assets", show_assets),
        web.get("/_emulator/sessions", show_sessions),
    ]
