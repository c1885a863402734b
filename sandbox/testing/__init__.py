"""For whoever tests an integration: worlds on demand, a client, and a pytest plugin over both.

Nothing of the house is imported until a server is wanted, so that a test run that uses none pays nothing.
"""

from sandbox.testing.client import Advanced, Sandbox, SandboxError, World
from sandbox.testing.requested import Request
from sandbox.testing.servers import in_process, served

__all__ = ["Advanced", "Request", "Sandbox", "SandboxError", "World", "in_process", "served"]
