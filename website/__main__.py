"""`python -m website`: serves the page in front of a running `tryon serve`. Settings: environment, TRYON_WEB_<NAME>."""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time

import uvicorn

from website import logs
from website.app import create
from website.settings import FROM_MAIN_PORT, Settings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m website", description=__doc__)
    parser.add_argument("--backend-port", type=int, help="main port of `tryon serve`")
    parser.add_argument("--port", type=int, help="port to listen on; 10 above the main port unless it is said")
    parser.add_argument("--parent", type=int, help="process to end with")
    arguments = parser.parse_args()
    given = {name: value for name in ("port", "backend_port") if (value := getattr(arguments, name)) is not None}
    if "backend_port" in given:
        given.setdefault("port", given["backend_port"] + FROM_MAIN_PORT)
    settings = Settings(**given)
    logs.set_up(as_json=settings.log_json)
    if arguments.parent:
        threading.Thread(target=_end_with, args=(arguments.parent,), daemon=True).start()
    run(settings)


def run(settings: Settings) -> None:
    """Until the process is told to stop; what is being answered is finished first."""
    uvicorn.run(
        create(settings), host=settings.host, port=settings.port, log_level="warning", access_log=False,
        server_header=False, timeout_graceful_shutdown=20, timeout_keep_alive=15, limit_concurrency=512,
        proxy_headers=bool(settings.proxies), forwarded_allow_ips=settings.proxies or "127.0.0.1",
    )  # fmt: skip


def _end_with(parent: int) -> None:
    """A supervisor that is killed cannot tell us; but then we are given another parent."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
