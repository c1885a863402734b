"""The rows of the tables as they are read: one shape for the table, for the rules and for the doors.

`schema` makes each table from its record here, field by field; money is in minor units, moments in milliseconds UTC.
"""

from sandbox.central.records.money import *
from sandbox.central.records.orders import *
from sandbox.central.records.reports import *
from sandbox.central.records.settings import *
from sandbox.central.records.webhooks import *
from sandbox.central.records.world import *
