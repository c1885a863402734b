"""The command that looks at a world's webhooks and at what they were told."""

import json
from contextlib import closing
from pathlib import Path

import rich_click as click

from sandbox.cli.common import as_json, shelf_in


@click.command()
@click.argument("name", metavar="WORLD")
@click.option("--deliveries", "with_log", is_flag=True, help="Show the delivery log, the newest last.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Deliveries to show.")
@as_json
@click.pass_obj
def webhooks(folder: Path, name: str, with_log: bool, limit: int, as_json: bool) -> None:
    """Tell whom a world tells what, how that goes, and what was told last."""
    from sandbox.api.webhooks.log import deliveries, shown, told
    from sandbox.api.webhooks.subscriptions import webhooks
    from sandbox.cli.terminal import print_webhooks

    with closing(shelf_in(folder).open(name)) as world, world.looking():
        found = [shown(one) for one in webhooks(world)]
        log = [told(world, one) for one in deliveries(world, limit=limit, newest=True)[0]] if with_log else None
    if as_json:
        for one in log or ():
            one["payload"] = json.loads(bytes(one["payload"]))
        click.echo(json.dumps({"world": name, "webhooks": found} | ({} if log is None else {"deliveries": log})))
    else:
        print_webhooks(name, found, log)
