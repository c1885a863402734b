"""Who runs many replications: processes of this machine, or an existing Dask cluster. Lost workers are made up for.

Both are teams that take chunks of work and hand back futures; `carried_out` keeps a team busy, whichever it is.
"""

import logging
import re
import shutil
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from importlib.metadata import version
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from os import _exit, cpu_count
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any, TypeVar
from warnings import catch_warnings, filterwarnings

from sandbox import __version__

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")
Say = Callable[[str], None]

CHUNK_SECONDS = 1.0
"""Replications that take less than this are sent several at a time."""
CHUNK_AT_MOST = 50
LOSSES_AT_MOST = 3
"""Times in a row that a team may be lost before anything is done."""
_LOOK_SECONDS = 1.0
_REACH_SECONDS = 5
_ADDRESS = re.compile(r"(?:tcp|tls)://\S+:\d{1,5}")


class WorkersLost(Exception):
    """The work cannot go on: why, and what would help. What was handed back before is done."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NoCluster(WorkersLost):
    """There is no cluster to work with at that address."""


@cache
def versions() -> dict[str, str]:
    """What results depend on beside the scenario: who was invented, and by which rules."""
    return {"seller-sandbox": __version__, "faker": version("faker")}


_SHIPMENT: dict[str, bytes] = {}
"""What this process was sent before its work, by name."""
_SHIPPED_AT_MOST = 4


def shipped(name: str) -> bytes:
    """What was sent to all workers under that name, once and not with every task."""
    return _SHIPMENT[name]


def unpack(shipment: dict[str, bytes]) -> None:
    """Have it at hand. Of what came for other work the oldest goes: a cluster may work for several at once."""
    _SHIPMENT.update(shipment)
    for name in list(_SHIPMENT)[:-_SHIPPED_AT_MOST]:
        _SHIPMENT.pop(name, None)


def usable_cores() -> int:
    """How many cores this process may use."""
    try:
        from os import sched_getaffinity
    except ImportError:  # not every system has it
        return cpu_count() or 1
    return len(sched_getaffinity(0))


def carried_out(
    team: "Processes | Cluster", function: Callable[..., Result], tasks: dict[Key, tuple[Any, ...]], say: Say
) -> Iterator[tuple[Key, Result]]:
    """Every task's result with its key, in the order in which they arrive.

    `function` is a module's own, and takes a task's values. What a lost worker had is done again, and `say` is told.
    Raises WorkersLost where that helps no more, and whatever `function` raises.
    """
    waiting, flying, size, losses = deque(tasks), dict[Future[Any], list[Key]](), 1, 0
    while waiting or flying:
        try:
            while waiting and len(flying) < 2 * team.width():
                chunk = list(islice(waiting, size))
                flying[team.submit(run_chunk, function, [tasks[key] for key in chunk], versions())] = chunk
                for _ in chunk:
                    waiting.popleft()
            for future in wait(flying, _LOOK_SECONDS, FIRST_COMPLETED).done:
                results, seconds = future.result()
                chunk = flying.pop(future)
                size = min(CHUNK_AT_MOST, max(1, int(CHUNK_SECONDS * len(chunk) / max(seconds, 1e-9))))
                losses = 0
                yield from zip(chunk, results, strict=True)
            team.look(say)
        except Exception as error:
            losses += 1
            team.mend(error, losses, say)
            waiting.extendleft(key for chunk in flying.values() for key in chunk)
            flying.clear()


def run_chunk(
    function: Callable[..., Result],
    tasks: list[tuple[Any, ...]],
    wanted: dict[str, str],
    shipment: dict[str, bytes] | None = None,
) -> tuple[list[Result], float]:
    """What a worker does: some tasks one after the other, and the seconds they took."""
    unpack(shipment or {})
    if versions() != wanted:
        raise WorkersLost(f"A worker has {_told(versions())}, and not {_told(wanted)}. Install the same everywhere.")
    began = perf_counter()
    return [function(*task) for task in tasks], perf_counter() - began


def _told(found: dict[str, str]) -> str:
    return " and ".join(f"{name} {number}" for name, number in found.items())


class Processes:
    """Processes of this machine, each begun afresh. They end with their parent, however that ends.

    What is to be shipped goes to each process when it begins.
    """

    def __init__(self, jobs: int, shipment: dict[str, bytes] | None = None) -> None:
        self.jobs = jobs
        self.shipment = shipment or {}

    def __enter__(self) -> "Processes":
        self._context = get_context("spawn")
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-study-"))
        self._theirs, self._line = self._context.Pipe(duplex=False)
        self._begin()
        return self

    def _begin(self) -> None:
        brought = (self._theirs, str(self._folder), self.shipment)
        self._pool = ProcessPoolExecutor(self.jobs, self._context, _work_for, brought)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self._line.close()
        self._pool.shutdown(cancel_futures=True)
        self._line.close()
        self._theirs.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def width(self) -> int:
        """How many work at once."""
        return self.jobs

    def submit(self, function: Callable[..., Any], *args: Any) -> "Future[Any]":
        """Have it done by whoever is free first."""
        return self._pool.submit(function, *args)

    def look(self, say: Say) -> None:
        """Nothing to see: a process that died breaks the pool, and the next result says so."""

    def mend(self, error: Exception, losses: int, say: Say) -> None:
        """After a process died, begin again; raise everything else."""
        if not isinstance(error, BrokenProcessPool):
            raise error
        if losses >= LOSSES_AT_MOST:
            raise WorkersLost(
                f"Worker processes died {losses} times in a row, so it was given up. Is there memory enough?"
                " Try fewer with --jobs."
            ) from error
        say("A worker process died. Its replications are run again in a new one.")
        self._pool.shutdown()
        self._begin()


def _work_for(parent: Connection, folder: str, shipment: dict[str, bytes]) -> None:
    """Begin to work: leave Ctrl-C to the parent, keep files where it clears up, and end when it is gone."""
    unpack(shipment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = folder
    Thread(target=_end_with, args=(parent, folder), daemon=True).start()


def _end_with(parent: Connection, folder: str) -> None:
    parent.poll(None)  # nothing is ever sent: it returns when the other end is closed
    shutil.rmtree(folder, ignore_errors=True)
    _exit(1)


class Cluster:
    """A Dask cluster that is there already, its workers with the same seller-sandbox. Needs the extra `cluster`.

    What is to be shipped goes to the scheduler once, and to each worker with its first task: it stays there.
    """

    def __init__(self, address: str, shipment: dict[str, bytes] | None = None) -> None:
        self.address = address
        self.shipment = shipment or {}

    def __enter__(self) -> "Cluster":
        """Raises NoCluster where nobody answers or nobody can work, and ImportError without the extra."""
        from distributed import Client

        for name in ("distributed", "distributed.client"):  # we tell what was lost, in our own words
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if not _ADDRESS.fullmatch(self.address):
            raise NoCluster(f"{self.address[:80]!r} is no scheduler's address. Write it like tcp://10.0.0.5:8786.")
        try:
            self._client = Client(self.address, timeout=_REACH_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        except OSError as error:
            raise NoCluster(
                f"No Dask scheduler answers at {self.address}. Start one, or leave --cluster out."
            ) from error
        self._executor = self._client.get_executor(pure=False)  # type: ignore[no-untyped-call]
        try:
            self._seen = self._workers()
            self._check()
            self._shipped = [self._ship()] if self.shipment else []
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=False)
        self._client.close(timeout=_REACH_SECONDS)  # type: ignore[no-untyped-call]

    def _workers(self) -> dict[str, int]:
        """Their threads, by address."""
        return dict(self._client.nthreads())  # type: ignore[no-untyped-call]

    def _check(self) -> None:
        """Raise NoCluster unless there are workers, and all of them, and the scheduler, can do the work."""
        if not self._seen:
            raise NoCluster(f"The cluster at {self.address} has no workers. Start one: dask worker {self.address}")
        try:
            answers = self._client.run(versions, on_error="return")
            answers["the scheduler"] = self._client.run_on_scheduler(versions)  # type: ignore[no-untyped-call]
        except Exception as error:
            answers = {"the scheduler": error}
        for who, answer in answers.items():
            if answer != versions():
                said = _told(answer) if isinstance(answer, dict) else answer
                raise NoCluster(f"The cluster at {self.address} needs {_told(versions())} everywhere; {who}: {said}.")

    def width(self) -> int:
        """How many replications are run at once."""
        return max(1, sum(self._seen.values()))

    def submit(self, function: Callable[..., Any], *args: Any) -> "Future[Any]":
        """Have it done by whoever is free first."""
        found: Future[Any] = self._executor.submit(function, *args, *self._shipped)
        return found

    def _ship(self) -> Any:
        """A task that hands it on: should every worker that has it be lost, the scheduler does it again."""
        with catch_warnings():
            filterwarnings("ignore", "Sending large graph", UserWarning)
            return self._client.submit(dict, self.shipment, pure=False)

    def look(self, say: Say) -> None:
        """Say which workers were lost since the last look. The scheduler has others run what they had."""
        now = self._workers()
        for address in sorted(set(self._seen) - set(now)):
            left = f"run again on the {len(now)} left" if now else "wait until the cluster has another"
            say(f"The cluster lost the worker {address}. Its replications {left}.")
        self._seen = now

    def mend(self, error: Exception, losses: int, say: Say) -> None:
        """Raise what stops the work: here the scheduler does all the mending that can be done."""
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):
            raise WorkersLost(f"Several workers died of the same replications, so it was given up: {error}") from error
        if isinstance(error, OSError | CancelledError):
            raise WorkersLost(f"The cluster at {self.address} is gone.") from error
        raise error
