"""Who runs replications: processes that die, a real Dask cluster that loses workers, a cluster that is not there."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.central.days import DAY
from sandbox.central.guide import Refused
from sandbox.central.troubles import Unusable
from sandbox.sim.workers import Processes, WorkersLost, carried_out, run_chunk, shipped, unpack, usable_cores
from tests import shop
from tests.commands import COMMAND, sandbox
from tests.processes import environment, lines_in, until

VARIED = ("--vary", "desks.inbox.agents=1,2", "--days", "3", "--json")


# -- processes


def doubled(number: int) -> int:
    return 2 * number


def dies(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def dies_once(number: int, folder: str) -> int:
    """The first process that comes to 13 dies of it."""
    seen = Path(folder) / "seen"
    if number == 13 and not seen.exists():
        seen.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def refuses(number: int) -> int:
    raise Refused("NotToday", f"{number} is refused.")


def is_unusable(number: int) -> int:
    raise Unusable("DiskFull", f"No room for {number}.")


def test_every_task_is_done_once() -> None:
    with Processes(2) as team:
        found = list(carried_out(team, doubled, {f"task {n}": (n,) for n in range(200)}, print))
    assert sorted(found) == sorted((f"task {n}", 2 * n) for n in range(200))


def test_no_task_is_no_work() -> None:
    with Processes(1) as team:
        assert list(carried_out(team, doubled, {}, print)) == []


def test_what_a_dead_process_had_is_done_by_a_new_one(tmp_path: Path) -> None:
    said: list[str] = []
    with Processes(2) as team:
        found = dict(carried_out(team, dies_once, {n: (n, str(tmp_path)) for n in range(40)}, said.append))
    assert found == {n: n for n in range(40)}
    assert said == ["A worker process died. Its replications are run again in a new one."]


def test_work_that_kills_every_process_is_given_up() -> None:
    said: list[str] = []
    with Processes(1) as team, pytest.raises(WorkersLost, match="died 3 times in a row, so it was given up"):
        list(carried_out(team, dies, {1: (1,)}, said.append))
    assert len(said) == 2


@pytest.mark.parametrize(("function", "kind"), [(refuses, Refused), (is_unusable, Unusable)])
def test_what_a_worker_refuses_is_told_in_its_own_words(function: object, kind: type[Exception]) -> None:
    with Processes(1) as team, pytest.raises(kind) as found:
        list(carried_out(team, function, {7: (7,)}, print))  # type: ignore[arg-type]
    assert (found.value.code, "7" in found.value.sentence) in (("NotToday", True), ("DiskFull", True))  # type: ignore[attr-defined]


def weighed(number: int, name: str, folder: str) -> tuple[int, bytes]:
    """What was shipped under a name, by a process that dies at 13 once."""
    return dies_once(number, folder), shipped(name)


def test_every_process_has_what_was_shipped_also_one_that_took_a_dead_ones_place(tmp_path: Path) -> None:
    with Processes(2, {"world": b"content"}) as team:
        tasks = {n: (n, "world", str(tmp_path)) for n in range(40)}
        found = dict(carried_out(team, weighed, tasks, lambda _: None))
    assert (tmp_path / "seen").exists()
    assert found == {n: (n, b"content") for n in range(40)}


def test_of_what_was_shipped_for_other_work_the_oldest_goes() -> None:
    for number in range(4):
        unpack({f"world {number}": b"content"})
    assert shipped("world 0") == b"content"
    unpack({"world 4": b"content"})
    assert shipped("world 4") == shipped("world 1") == b"content"
    with pytest.raises(KeyError):
        shipped("world 0")


def test_a_worker_of_another_version_does_nothing() -> None:
    with pytest.raises(WorkersLost, match=r"A worker has seller-sandbox .* and not seller-sandbox 9"):
        run_chunk(doubled, [(1,)], {"seller-sandbox": "9"})


def test_there_are_as_many_jobs_as_cores_that_may_be_used() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


# -- a cluster


@pytest.fixture
def busy(tmp_path: Path) -> str:
    path = tmp_path / "busy.toml"
    path.write_text(shop.BUSY)
    return str(path)


class Dask:
    """A real scheduler with real workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._begin("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file)
        until(file.exists)
        self.address: str = json.loads(file.read_text())["address"]

    def worker(self, threads: int = 1, **changes: str) -> "subprocess.Popen[bytes]":
        place = self.folder / f"worker-{len(self.processes)}"
        words = (self.address, "--nthreads", threads, "--no-nanny", "--local-directory", place)
        return self._begin("dask_worker", *words, **changes)

    def _begin(self, module: str, *words: object, **changes: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", f"distributed.cli.{module}", *map(str, words), "--no-dashboard"]
        own = environment(TMPDIR=str(self.folder), **changes)
        with (self.folder / f"{module}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=own, cwd=self.folder)
        self.processes.append(process)
        return process

    def ready(self) -> None:
        """Wait until every worker has told the scheduler of itself."""
        logs = list(self.folder.glob("dask_worker-*.log"))
        until(lambda: all(b"Starting established connection" in log.read_bytes() for log in logs))


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    cluster = Dask(tmp_path)
    yield cluster
    for process in reversed(cluster.processes):
        process.kill()
        process.wait()


def test_a_cluster_says_the_same_to_the_byte(tmp_path: Path, busy: str, dask: Dask) -> None:
    dask.worker(threads=2)
    dask.worker()
    dask.ready()
    here = sandbox(tmp_path, "study", busy, *VARIED, "--runs", "12")
    there = sandbox(tmp_path, "study", busy, *VARIED, "--runs", "12", "--cluster", dask.address, **environment())
    assert (there.returncode, there.stderr) == (0, "")
    assert there.stdout == here.stdout


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with a world to forecast from."""
    (tmp_path / "worlds").mkdir()
    with closing(shop.busy(tmp_path / "worlds")) as world:
        shop.wait(world, 5 * DAY)
    return tmp_path


FORECAST = ("forecast", "busy", "--days", "3", "--json")


def test_a_forecast_by_a_cluster_says_the_same_to_the_byte(shelf: Path, dask: Dask) -> None:
    dask.worker(threads=2)
    dask.worker()
    dask.ready()
    here = sandbox(shelf, *FORECAST, "--runs", "12")
    there = sandbox(shelf, *FORECAST, "--runs", "12", "--cluster", dask.address, **environment())
    assert (there.returncode, there.stderr) == (0, "")
    assert there.stdout == here.stdout


def test_a_forecasts_cluster_that_loses_the_worker_that_has_the_world_goes_on(shelf: Path, dask: Dask) -> None:
    victim = dask.worker()
    dask.ready()
    out = shelf / "out.jsonl"
    words = [*COMMAND, "--data", str(shelf), *FORECAST, "--runs", "60", "--cluster", dask.address, "--out", str(out)]
    forecast = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    until(lambda: lines_in(out) > 3 or forecast.poll() is not None)
    victim.kill()
    dask.worker()
    told, notes = forecast.communicate(timeout=100)
    assert forecast.returncode == 0, notes
    assert "The cluster lost the worker tcp://127.0.0.1:" in notes
    assert told == sandbox(shelf, *FORECAST, "--runs", "60").stdout


def test_a_cluster_that_loses_a_worker_goes_on_and_says_so(tmp_path: Path, busy: str, dask: Dask) -> None:
    victim = dask.worker()
    dask.worker()
    dask.ready()
    out = tmp_path / "out.jsonl"
    words = [*COMMAND, "study", busy, *VARIED, "--runs", "40", "--cluster", dask.address, "--out", str(out)]
    study = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    until(lambda: lines_in(out) > 3 or study.poll() is not None)
    victim.kill()
    told, notes = study.communicate(timeout=100)
    assert study.returncode == 0, notes
    assert notes.startswith("The cluster lost the worker tcp://127.0.0.1:")
    assert notes.endswith("Its replications run again on the 1 left.\n")
    assert told == sandbox(tmp_path, "study", busy, *VARIED, "--runs", "40").stdout


def test_a_cluster_that_goes_away_leaves_what_was_kept(tmp_path: Path, busy: str, dask: Dask) -> None:
    dask.worker()
    dask.ready()
    out = tmp_path / "out.jsonl"
    words = [*COMMAND, "study", busy, *VARIED, "--runs", "500", "--cluster", dask.address, "--out", str(out)]
    study = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    until(lambda: lines_in(out) > 3 or study.poll() is not None)
    dask.scheduler.kill()
    _, notes = study.communicate(timeout=100)
    assert study.returncode == 1
    assert f"The cluster at {dask.address} is gone." in notes and "Traceback" not in notes
    assert f"replications are kept in {out}" in notes


def test_a_cluster_without_workers_is_told(tmp_path: Path, busy: str, dask: Dask) -> None:
    done = sandbox(tmp_path, "study", busy, "--cluster", dask.address, **environment())
    assert (done.returncode, done.stdout) == (2, "")
    assert f"The cluster at {dask.address} has no workers." in done.stderr


def test_a_cluster_without_the_sandbox_is_told(tmp_path: Path, busy: str, dask: Dask) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sandbox.py").write_text("raise ImportError('nothing here')")
    dask.worker(PYTHONPATH=str(tmp_path / "hidden"))
    dask.ready()
    done = sandbox(tmp_path, "study", busy, "--cluster", dask.address, **environment())
    assert (done.returncode, done.stdout) == (2, "")
    assert "everywhere; tcp://127.0.0.1:" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["127.0.0.1", "http://127.0.0.1:8786", "tcp://somewhere"])
def test_what_is_no_schedulers_address_is_told(tmp_path: Path, busy: str, address: str) -> None:
    done = sandbox(tmp_path, "study", busy, "--cluster", address, COLUMNS="200")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"'{address}' is no scheduler's address. Write it like tcp://" in done.stderr


def test_a_cluster_that_is_not_there_is_told_within_seconds(tmp_path: Path, busy: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = sandbox(tmp_path, "study", busy, "--cluster", f"tcp://127.0.0.1:{port}", COLUMNS="200")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"No Dask scheduler answers at tcp://127.0.0.1:{port}." in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_a_cluster_is_refused_with_what_to_install(tmp_path: Path, busy: str) -> None:
    (tmp_path / "distributed.py").write_text("raise ModuleNotFoundError('not there', name='distributed')")
    path = f"{tmp_path}{os.pathsep}{environment()['PYTHONPATH']}"
    done = sandbox(tmp_path, "study", busy, "--cluster", "tcp://127.0.0.1:1", PYTHONPATH=path, COLUMNS="200")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'seller-sandbox[cluster]'" in done.stderr
