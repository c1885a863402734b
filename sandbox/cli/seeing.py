"""The commands that look: at the worlds, at one of them, at an order's history, at keys, at the guide."""

import json
from pathlib import Path

import rich_click as click

from sandbox.cli.common import as_json, operator_key_in, print_summary_of, shelf_in


@click.command()
@as_json
@click.pass_obj
def worlds(folder: Path, as_json: bool) -> None:
    """List the worlds with their clocks and keys."""
    from sandbox.central.days import rfc3339
    from sandbox.central.troubles import Unusable
    from sandbox.cli.terminal import print_worlds
    from sandbox.sim.worlds import keys_of

    shelf, found = shelf_in(folder), []
    for name in shelf.names():
        try:
            world = shelf.open(name)
        except Unusable as trouble:
            found.append({"name": name, "trouble": trouble.code, "detail": trouble.sentence})
            continue
        (orders,) = world.row("select count(*) from orders")
        clock = {"now": rfc3339(world.now), "rate": world.clock.rate, "orders": orders}
        found.append({"name": name} | clock | {"keys": list(keys_of(world))})
        world.close()
    if as_json:
        click.echo(json.dumps({"folder": str(shelf.folder), "worlds": found}))
    else:
        print_worlds(shelf.folder, found)


@click.command()
@click.argument("name", metavar="WORLD")
@as_json
@click.pass_obj
def show(folder: Path, name: str, as_json: bool) -> None:
    """Tell how a world's shop stands: rates, orders by status, messages waiting, reserve."""
    print_summary_of(shelf_in(folder).open(name), as_json)


@click.command()
@click.argument("name", metavar="WORLD")
@click.argument("order_id", metavar="ORDER")
@as_json
@click.pass_obj
def why(folder: Path, name: str, order_id: str, as_json: bool) -> None:
    """Tell what happened to an order: fact by fact, each with its rule and what led to it."""
    from sandbox.api.native.history_render import explained
    from sandbox.central.history import history
    from sandbox.cli.terminal import print_history

    world = shelf_in(folder).open(name)
    with world.looking():
        found = history(world, order_id, world.order(order_id).view)
    world.close()
    if as_json:
        click.echo(json.dumps({"world": name, "order_id": order_id, "history": [explained(one) for one in found]}))
    else:
        print_history(name, order_id, found)


@click.command()
@click.argument("name", metavar="[WORLD]", required=False)
@as_json
@click.pass_obj
def key(folder: Path, name: str | None, as_json: bool) -> None:
    """Print a world's key, or the operator's where no world is named."""
    from sandbox.sim.worlds import keys_of

    found = operator_key_in(folder) if name is None else keys_of(shelf_in(folder).open(name))[0]
    click.echo(json.dumps({"world": name, "key": found}) if as_json else found)


@click.command()
@click.option("--schema", is_flag=True, help="Print the JSON schema of a scenario file, for editors.")
@click.option("--reference", is_flag=True, help="Print every table and key with its default, as Markdown.")
@as_json
def scenarios(schema: bool, reference: bool, as_json: bool) -> None:
    """List the scenarios that come with the sandbox, each with its lesson."""
    from sandbox.cli.terminal import print_scenarios
    from sandbox.sim.scenario import load, names
    from sandbox.sim.scenario import reference as told

    if schema:
        click.echo(json.dumps(told.schema(), indent=1))
    elif reference:
        click.echo(told.reference(), nl=False)
    else:
        found = [{"name": name, "title": load(name).title, "lesson": load(name).lesson} for name in names()]
        click.echo(json.dumps({"scenarios": found})) if as_json else print_scenarios(found)


@click.command()
@click.option("--policy", "pack", help="Print this policy's numbers instead of the rules.")
@as_json
def guide(pack: str | None, as_json: bool) -> None:
    """Print the guide as it is carried out: chapter, rule, file and line; or a policy's numbers."""
    from sandbox.central.policy import names, policy
    from sandbox.cli.terminal import policy_numbers, print_policy, print_rules, rule_rows

    if pack is not None:
        numbers = policy_numbers(policy(pack))
        click.echo(json.dumps({"policy": pack, "numbers": numbers})) if as_json else print_policy(pack, numbers)
        return
    rows = rule_rows()
    click.echo(json.dumps({"rules": rows, "policies": names()})) if as_json else print_rules(rows)
