"""A bare Flask "hello" behind the same granian: what Flask itself costs."""

import sys

from flask import Flask

from sandbox.api.serve import granian


def make() -> Flask:
    """The smallest application."""
    app = Flask("hello")

    @app.get("/")
    def hello() -> str:
        return "hello"

    return app


if __name__ == "__main__":
    granian("127.0.0.1", int(sys.argv[1]), int(sys.argv[2])).serve(target_loader=make, wrap_loader=False)
