"""A scenario: the shop, its demand, its buyers, its parcels, its desks and its plot, as a TOML file checked by key."""

from sandbox.sim.scenario.buyers import Buyers as Buyers
from sandbox.sim.scenario.demand import Demand as Demand
from sandbox.sim.scenario.demand import Product as Product
from sandbox.sim.scenario.desks import DESKS as DESKS
from sandbox.sim.scenario.desks import FOLLOWS as FOLLOWS
from sandbox.sim.scenario.desks import Desks as Desks
from sandbox.sim.scenario.desks import Dispatch as Dispatch
from sandbox.sim.scenario.desks import Inbox as Inbox
from sandbox.sim.scenario.files import InvalidScenario as InvalidScenario
from sandbox.sim.scenario.files import first_error as first_error
from sandbox.sim.scenario.files import load as load
from sandbox.sim.scenario.files import names as names
from sandbox.sim.scenario.files import parse as parse
from sandbox.sim.scenario.files import said as said
from sandbox.sim.scenario.happenings import Happening as Happening
from sandbox.sim.scenario.kept import as_kept as as_kept
from sandbox.sim.scenario.parcels import Parcels as Parcels
from sandbox.sim.scenario.parcels import Transit as Transit
from sandbox.sim.scenario.policy import PolicyPart as PolicyPart
from sandbox.sim.scenario.whole import Scenario as Scenario
