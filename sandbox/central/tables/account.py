"""How facts about the account, its products and its buyers change the tables."""

from sandbox.central import facts
from sandbox.central.facts import encoded
from sandbox.central.tables.base import Tables


def account_opened(tables: Tables, fact: facts.AccountOpened, number: int) -> None:
    changes = encoded(fact.policy_changes).decode()
    row = (fact.shop, fact.seed, fact.policy, changes, fact.currency, fact.at)
    tables.execute("insert into account values (?, ?, ?, ?, ?, ?)", row)


def product_listed(tables: Tables, fact: facts.ProductListed, number: int) -> None:
    tables.clock.products = fact.product
    row = (fact.product, fact.sku, fact.title, fact.price_minor)
    tables.execute("insert into products values (?, ?, ?, ?)", row)


def buyer_joined(tables: Tables, fact: facts.BuyerJoined, number: int) -> None:
    tables.clock.buyers = fact.buyer
    row = (fact.buyer, fact.name, fact.email, tables.ids.masked_mail(fact.buyer))
    tables.execute("insert into buyers values (?, ?, ?, ?)", row)


def address_added(tables: Tables, fact: facts.AddressAdded, number: int) -> None:
    tables.clock.addresses = fact.address
    place = fact.place
    lines = (place.name, place.line1, place.line2, place.city, place.state, place.postal_code, place.country)
    row = (fact.address, fact.buyer, *lines, place.phone)
    tables.execute("insert into addresses values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def policy_changed(tables: Tables, fact: facts.PolicyChanged, number: int) -> None:
    tables.clock.policies += 1
    changes = encoded(fact.changes).decode()
    tables.execute("update account set policy = ?, policy_changes = ?", (fact.policy, changes))


def happening_began(tables: Tables, fact: facts.HappeningBegan, number: int) -> None:
    """An outage shuts programs out. What else happens is told by the facts that follow from it."""
    tables.clock.outages += fact.what == facts.OUTAGE


def happening_ended(tables: Tables, fact: facts.HappeningEnded, number: int) -> None:
    tables.clock.outages -= fact.what == facts.OUTAGE


def action_refused(tables: Tables, fact: facts.ActionRefused, number: int) -> None:
    """Nothing: that it was tried is kept in the facts alone."""
