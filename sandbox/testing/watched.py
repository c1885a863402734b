"""A server that ends when whoever wanted it does, however that ended: nobody is left to stop it where a run is killed.

`python -m sandbox.testing.watched OWNER WHOSE FOLDER ARGUMENTS...`: the process that wants it; `own` where the folder
is that process's alone and goes with it, `lent` where it stays; and what `sandbox --data FOLDER` takes.
"""

import os
import runpy
import select
import shutil
import signal
import sys
import threading
import time

OWN, LENT = "own", "lent"
_LOOKS_AFTER_SECONDS = 1.0
_GONE = threading.Event()


def ends_with(owner: int) -> None:
    """Wait until that process is gone. Where the system can tell of it, no other process is taken for it."""
    try:
        if hasattr(os, "pidfd_open"):
            select.select([os.pidfd_open(owner)], [], [])
            return
        while True:
            os.kill(owner, 0)
            time.sleep(_LOOKS_AFTER_SECONDS)
    except ProcessLookupError:
        return


def _stop_after(owner: int) -> None:
    ends_with(owner)
    _GONE.set()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve until told to end, or until the owner is gone."""
    owner, whose, folder, *arguments = sys.argv[1:]
    threading.Thread(target=_stop_after, args=(int(owner),), daemon=True).start()
    sys.argv = ["sandbox", "--data", folder, *arguments]
    try:
        runpy.run_module("sandbox", run_name="__main__")
    finally:
        if _GONE.is_set() and whose == OWN:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
