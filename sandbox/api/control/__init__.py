"""The control API: `/sandbox`, for whoever makes worlds and moves their time."""

from sandbox.api.control import (
    deliveries,
    differences,
    facts,
    files,
    requests,
    simulations,
    snapshots,
    time,
    webhooks,
    worlds,
)

ROOMS = (
    *(worlds.doors, time.doors, facts.doors, simulations.doors),
    *(snapshots.doors, differences.doors, files.doors),
    *(webhooks.doors, deliveries.doors, requests.doors),
)
