"""Serving: granian's workers with the application, and the ticker beside them."""

import gc
import multiprocessing
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from granian.server.common import AbstractServer

from sandbox.api import ticker
from sandbox.api.app import create_app
from sandbox.api.auth import Operated
from sandbox.api.openings import FILES_EACH, OPEN_AT_MOST, OTHER_FILES, SWEEP_SECONDS, Desk
from sandbox.api.waiting import end_waits, seat

WORKER_ENDS_SECONDS = 5
"""A worker that was told to end while it began to work does not hear it, and is killed then."""
COLLECTED_AFTER = 50_000
"""Objects made and not freed before a worker looks for rings of them: a reserve of 25,000 orders is a list, no ring."""
BLOCKING_THREADS = 2
"""Threads of a worker, unless its operator says how many: one that waits or moves time for a while leaves another to
answer. Four of them answer a tenth less; they are needed where many wait, for facts or for receivers of notifications
that ask the sandbox in their turn."""


_ON_STDERR = {
    "handlers": {"console": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "generic"}},
    "loggers": {"_granian": {"handlers": ["console"], "propagate": False}},
}
"""Where the server's own warnings go: what it prints on stdout is for programs to read."""


class CannotListen(Exception):
    """The address is taken, or is not one of this machine's."""


def check_free(host: str, port: int) -> int:
    """The port to listen on; 0 picks a free one. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise CannotListen(f"{host} port {port}: {error}") from None
        return int(probe.getsockname()[1])


def granian(host: str, port: int, workers: int, threads: int = BLOCKING_THREADS) -> AbstractServer[Any]:
    """The server with our settings; the benchmarks put a bare Flask behind the same."""
    _uninterrupted()
    return Server(
        "sandbox",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        log_level=LogLevels.warning,
        log_dictconfig=_ON_STDERR,
        respawn_failed_workers=True,
        workers_kill_timeout=WORKER_ENDS_SECONDS,
    )


def _uninterrupted() -> None:
    """Let no packet that comes in take the processor from a worker in the middle of a write, for which others wait.

    It is worth a seventh of the requests. Linux alone has it; the workers and the ticker inherit it.
    """
    if hasattr(os, "SCHED_BATCH"):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def serve(
    operated: Operated,
    address: tuple[str, int],
    ready: Callable[[], None],
    *,
    workers: int,
    threads: int = BLOCKING_THREADS,
) -> None:
    """Serve until a signal ends it. `ready` is called, in the ticker's process, once the address answers."""
    _let_have_files()
    server = granian(*address, workers, threads)
    told = (operated, os.getpid(), address, ready)
    beside = multiprocessing.Process(target=ticker.run, args=told, name="ticker", daemon=True)

    @server.on_startup
    def start() -> None:
        beside.start()

    @server.on_shutdown
    def stop() -> None:
        beside.terminate()
        beside.join(WORKER_ENDS_SECONDS)

    server.serve(target_loader=partial(_loaded, operated, os.getpid(), threads), wrap_loader=False)


def _let_have_files() -> None:
    """Hundreds of worlds are open at once, several files each: as many as the system allows without asking."""
    files, at_most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_AT_MOST * FILES_EACH + OTHER_FILES
    if files < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, at_most), at_most))


def _loaded(operated: Operated, parent: int, threads: int) -> Flask:
    """The application of one worker, which ends when its server is gone, however that went."""
    threading.Thread(target=_end_without, args=(parent,), daemon=True).start()
    seat(threads)
    _end_waits_with_a_signal()
    app = create_app(operated)
    threading.Thread(target=_sweep, args=(app.desk,), daemon=True).start()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)
    return app


def _end_waits_with_a_signal() -> None:
    """Hear of the signal that ends the worker, which the server handles: it waits until all requests are answered."""
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    threading.Thread(target=_end_waits_after, args=(heard,), daemon=True).start()


def _end_waits_after(heard: int) -> None:
    os.read(heard, 1)
    end_waits()


def _sweep(desk: Desk) -> None:
    """Look after idle worlds, also while no request comes."""
    while True:
        time.sleep(SWEEP_SECONDS)
        desk.sweep(time.monotonic())


def _end_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
