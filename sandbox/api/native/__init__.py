"""The native API of the sandbox: `/v1`, one seller's account behind each key."""
