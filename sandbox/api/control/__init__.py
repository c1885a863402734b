"""The control API: `/sandbox`, for whoever makes worlds and moves their time."""

from sandbox.api.control import differences, facts, files, requests, simulations, snapshots, time, worlds

ROOMS = (
    *(worlds.doors, time.doors, facts.doors, simulations.doors),
    *(snapshots.doors, differences.doors, files.doors, requests.doors),
)
