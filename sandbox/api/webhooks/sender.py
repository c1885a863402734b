"""The sender: hands over what the worlds have to tell while nobody waits for it, each webhook in its own time."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox.api.openings import Desk
from sandbox.api.webhooks.lanes import send
from sandbox.api.webhooks.messenger import Messenger
from sandbox.api.webhooks.queue import waiting
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable
from sandbox.central.world import World

LANES_AT_ONCE = 16

_log = logging.getLogger("sandbox")


class Sender:
    """Sends beside whoever moves the worlds; a slow target takes the time of nobody else."""

    def __init__(self, folder: Path, messenger: Messenger) -> None:
        self._desk = Desk(folder)
        self._messenger = messenger
        self._pool = ThreadPoolExecutor(LANES_AT_ONCE, "sender")
        self._lock = threading.Lock()
        self._sending: set[tuple[str, str]] = set()
        self._stopped = threading.Event()

    def look(self, world: World) -> None:
        """See whether a world has something to tell, and begin to tell it."""
        for webhook in waiting(world):
            self._begin(world.path.stem, webhook)

    def _begin(self, name: str, webhook: str) -> None:
        with self._lock:
            if (name, webhook) in self._sending:
                return
            self._sending.add((name, webhook))
        self._pool.submit(self._send, name, webhook)

    def _send(self, name: str, webhook: str) -> None:
        try:
            send(self._desk.opened(name).world, self._messenger, webhook, lambda: not self._stopped.is_set())
        except Refused:
            pass  # deleted meanwhile
        except Unusable as trouble:
            _log.warning("world %s tells nobody: %s", name, trouble.sentence)
        except Exception:  # a bug in one world must not silence the others
            _log.exception("world %s cannot tell %s what happened", name, webhook)
        finally:
            self._desk.close(name)
            with self._lock:
                self._sending.discard((name, webhook))

    def stop(self) -> None:
        """Begin nothing more, and wait for what is being sent."""
        self._stopped.set()
        self._pool.shutdown(cancel_futures=True)
