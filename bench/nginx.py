"""nginx in front of the stub: the limit a proxy written in C reaches with no key, no database and no signature."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from bench.process import Server, free_port, running

_CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream stub {{
    server 127.0.0.1:{upstream};
    keepalive 64;
    keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    keepalive_requests 100000000;
    location / {{
      proxy_pass http://stub;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}
}}
"""


def program() -> str:
    """Return nginx's path; Debian installs it outside a user's PATH."""
    return shutil.which("nginx") or "/usr/sbin/nginx"


def start(work: Path, upstream: Server) -> AbstractContextManager[Server]:
    """Run nginx with one worker and ``proxy_pass`` to the given server over kept-alive connections."""
    port = free_port()
    folder = work / f"nginx-{port}"
    folder.mkdir()
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port, upstream=upstream.port), encoding="ascii")
    command = [program(), "-e", "stderr", "-p", str(folder), "-c", str(config)]
    return running("nginx", command, port=port, work=work)
