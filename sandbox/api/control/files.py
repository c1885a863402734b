"""/sandbox/worlds/<name>/file: a world as one file, to keep elsewhere and to make a world from."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from flask import Response, request
from msgspec.json import encode
from pydantic import Field

from sandbox.api.answer import Answer
from sandbox.api.asked import Asked
from sandbox.api.control import answers
from sandbox.api.control.entry import WorldPath, control_doors, enter, shown
from sandbox.api.desk import answer, desk
from sandbox.api.problems import Problem
from sandbox.central.copies import CHUNK_BYTES
from sandbox.sim.imports import FILE_BYTES_AT_MOST, adopt, export

doors = control_doors("files")

SQLITE = "application/vnd.sqlite3"


class FileQuery(Asked):
    """What else the file is to hold."""

    keys: bool = Field(False, description="The keys that open the world, too.")
    answers: bool = Field(False, description="What requests with an Idempotency-Key were answered, too.")


@doors.get("/worlds/<name>/file", summary="Export a world", responses={200: {"content": {SQLITE: {}}}})
def export_world(path: WorldPath, query: FileQuery) -> Response:
    """The whole world as it is now, in one SQLite file, without its keys unless they are asked for."""
    world = enter(path.name)
    with TemporaryDirectory(prefix="sandbox-") as folder:
        copy = Path(folder) / f"{path.name}.world"
        export(world, copy, keys=query.keys, answers=query.answers)
        size = copy.stat().st_size
        file = copy.open("rb")
    headers = {"Content-Length": str(size), "Content-Disposition": f'attachment; filename="{path.name}.world"'}
    return Answer(_parts(file), headers=headers, content_type=SQLITE)


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(CHUNK_BYTES):
            yield part


@doors.put("/worlds/<name>/file", summary="Import a world", responses={201: answers.World})
def import_world(path: WorldPath) -> Response:
    """Make a world of that name from a file, once it is found sound. The world gets a new key."""
    if (request.content_length or 0) > FILE_BYTES_AT_MOST:
        raise _too_large(request.content_length)
    with closing(adopt(desk().shelf, path.name, _write)) as world:
        return answer(encode(shown(world)), 201)


def _write(target: Path) -> None:
    """The body into a file, part by part."""
    stream, left, told = request.environ["wsgi.input"], FILE_BYTES_AT_MOST, request.content_length
    with target.open("xb") as file:
        while part := stream.read(CHUNK_BYTES if told is None else min(CHUNK_BYTES, told - file.tell())):
            left -= len(part)
            if left < 0:
                raise _too_large(None)
            file.write(part)
        if not file.tell():
            raise Problem("NoBody", "The body is empty. Send a world's file, as GET of this path gives it.")


def _too_large(length: int | None) -> Problem:
    has = f"has {length} bytes" if length else "is too long"
    return Problem("BodyTooLarge", f"The file {has}; a world's file may have {FILE_BYTES_AT_MOST} bytes.")
