"""How messages change the tables."""

from sandbox.central import facts
from sandbox.central.tables.base import Tables


def buyer_asked(tables: Tables, fact: facts.BuyerAsked, number: int) -> None:
    tables.at_hand.answered.discard((number, fact.subject))
    _message_sent(tables, fact, number, "buyer", "waiting")


def seller_wrote(tables: Tables, fact: facts.SellerWrote, number: int) -> None:
    _message_sent(tables, fact, number, "seller", "sent")


_WAITING = "select message from messages where thread = ? and state = 'waiting'"
_ANSWERED = "update messages set state = 'answered', answered_at = ? where message = ?"


def seller_replied(tables: Tables, fact: facts.SellerReplied, number: int) -> None:
    _message_sent(tables, fact, number, "seller", "sent", fact.automatic)
    if not fact.automatic:
        waiting = tables.execute(_WAITING, (fact.thread,)).fetchall()  # in one statement it would take thrice as long
        for (message,) in waiting:
            tables.execute(_ANSWERED, (fact.at, message))
        tables.at_hand.answered.add((number, fact.subject))


def _message_sent(
    tables: Tables, fact: facts.MessageSent, number: int, sender: str, state: str, automatic: bool = False
) -> None:
    if fact.thread > tables.clock.threads:
        tables.clock.threads = fact.thread
        row = (fact.thread, number, fact.order_id, fact.subject, fact.at, fact.at)
        tables.execute("insert into threads values (?, ?, ?, ?, ?, ?)", row)
    else:
        tables.execute("update threads set last_at = ? where thread = ?", (fact.at, fact.thread))
    tables.clock.messages = fact.message
    row2 = (fact.message, fact.thread, number, sender, fact.at, fact.text, automatic, state, tables.clock.facts)
    tables.execute("insert into messages values (?, ?, ?, ?, ?, ?, ?, ?, null, ?)", row2)


def no_response_needed(tables: Tables, fact: facts.NoResponseNeeded, number: int) -> None:
    tables.execute("update messages set state = 'not-needed' where message = ?", (fact.message,))
