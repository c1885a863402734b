"""For whoever tests an integration: worlds on demand, a client, and a pytest plugin over both.

Nothing of the house is imported until a server is wanted, so that a test run that uses none pays nothing.
"""

from sandbox.testing.client import Sandbox, World
from sandbox.testing.receiver import Notification, Receiver, receiving
from sandbox.testing.refused import SandboxError
from sandbox.testing.requested import Request
from sandbox.testing.servers import in_process, served
from sandbox.testing.told import Advanced, Differences, Fact, Happened, Kept, Listed, Rate

__all__ = [
    "Advanced",
    "Differences",
    "Fact",
    "Happened",
    "Kept",
    "Listed",
    "Notification",
    "Rate",
    "Receiver",
    "Request",
    "Sandbox",
    "SandboxError",
    "World",
    "in_process",
    "receiving",
    "served",
]
