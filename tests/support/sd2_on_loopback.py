"""Start the third-party command line `sd2`, unchanged, with its host table pointed at loopback.

``python sd2_on_loopback.py HOST:PORT …`` runs ``sd2 …``. The tool speaks https only; on the way to loopback that becomes http. It imports the
SDK of a cloud storage that none of the twelve Actions needs.
"""

import sys
from types import ModuleType
from typing import Any


def main() -> None:
    host = sys.argv.pop(1)
    sys.modules["tos"] = ModuleType("tos")
    from sd2 import cli
    from sd2.assets import sign_util

    sign_util.REGION_HOST_MAP["cn-beijing"] = host
    requests = sign_util.requests
    send = requests.request

    def request(method: str, url: str, **rest: Any) -> Any:
        return send(method, url.replace(f"https://{host}", f"http://{host}"), **rest)

    sign_util.requests = type("Loopback", (), {"request": staticmethod(request), "Response": requests.Response})
    sys.argv[0] = "sd2"
    cli.main()


if __name__ == "__main__":
    main()
