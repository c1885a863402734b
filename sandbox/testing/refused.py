"""What the sandbox refuses, as an error of the test that asked for it."""

import json


class SandboxError(Exception):
    """The sandbox said no: `code` for programs, `sentence` for people, and the HTTP `status`."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(f"{code} ({status}): {sentence}")
        self.status = status
        self.code = code
        self.sentence = sentence

    def __reduce__(self) -> tuple[type["SandboxError"], tuple[int, str, str]]:
        """So that it gets from one process of a test run to another."""
        return SandboxError, (self.status, self.code, self.sentence)


def refusal(status: int, answer: bytes) -> SandboxError:
    """The error of an answer that says no, whoever gave it."""
    try:
        found = json.loads(answer)
        return SandboxError(status, found["code"], found["detail"])
    except (ValueError, TypeError, KeyError):
        said = answer[:200].decode("utf-8", "replace")
        return SandboxError(status, "NotOurs", f"Whoever answered is no sandbox. It said: {said}")
