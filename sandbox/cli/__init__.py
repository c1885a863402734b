"""The commands. The only place that reads the environment, the wall clock's zone and the user's folders.

Data goes to stdout, progress and notes to stderr; `--json` prints one object. Heavy rooms are imported by the commands
that need them, so that `--help` answers at once.
"""

import sys
from pathlib import Path
from typing import NoReturn

import rich_click as click

from sandbox import BANNER, __version__
from sandbox.cli.copying import diff, export_world, fork, import_world, restore, snapshot
from sandbox.cli.forecasting import forecast
from sandbox.cli.notifying import webhooks
from sandbox.cli.reporting import chart, export, report
from sandbox.cli.requesting import requests
from sandbox.cli.running import advance, run
from sandbox.cli.seeing import guide, key, scenarios, show, why, worlds
from sandbox.cli.serving import serve
from sandbox.cli.studying import study

BAD_FILE, INTERRUPTED, USAGE = 3, 130, 2

click.rich_click.SHOW_ARGUMENTS = True


def main() -> None:
    """Run the command line, with the exit codes of the README."""
    from sandbox.central.guide import Refused
    from sandbox.central.troubles import Unusable
    from sandbox.sim.scenario import InvalidScenario

    try:
        code = sandbox.main(standalone_mode=False, auto_envvar_prefix="SANDBOX")
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
    except InvalidScenario as error:
        _stop(error.code, error.sentence, BAD_FILE)
    except Unusable as error:
        _stop(error.code, error.sentence, BAD_FILE)
    except Refused as error:
        _stop(error.code, error.sentence, USAGE)


def _stop(code: str, sentence: str, exit_code: int) -> NoReturn:
    click.echo(f"{code}: {sentence}", err=True)
    sys.exit(exit_code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=BANNER)
@click.version_option(__version__, prog_name="sandbox")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The folder of worlds and keys.")
@click.pass_context
def sandbox(context: click.Context, data: Path | None) -> None:
    """A stateful Seller Central in which time can be moved."""
    from platformdirs import user_data_path

    context.obj = data or user_data_path("seller-sandbox", appauthor=False)


COMMANDS = (
    serve,
    run,
    study,
    forecast,
    advance,
    scenarios,
    worlds,
    show,
    why,
    requests,
    chart,
    key,
    guide,
    report,
    export,
)
COPYING = (snapshot, restore, fork, diff, export_world, import_world)
for command in (*COMMANDS, *COPYING, webhooks):
    sandbox.add_command(command)
