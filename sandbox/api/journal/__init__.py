"""The journal of requests: what was asked over HTTP, of which world, and what it was answered."""
