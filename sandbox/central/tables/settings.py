"""How settings and cases change the tables."""

from sandbox.central import facts
from sandbox.central.facts import encoded
from sandbox.central.tables.base import Tables


def setting_chosen(tables: Tables, fact: facts.SettingChosen, number: int) -> None:
    row = (type(fact).__name__, tables.clock.facts, encoded(fact).decode())
    tables.execute("insert or replace into settings values (?, ?, ?)", row)


def return_url_set(tables: Tables, fact: facts.ReturnUrlSet, number: int) -> None:
    setting_chosen(tables, fact, number)
    tables.clock.checkout_open = int(bool(fact.url))


def bank_account_changed(tables: Tables, fact: facts.BankAccountChanged, number: int) -> None:
    """The setting tells the last change alone, and money was held for those before it too."""
    setting_chosen(tables, fact, number)
    tables.execute("insert into bank_changes values (?, ?)", (tables.clock.facts, fact.at))


def metrics_reviewed(tables: Tables, fact: facts.MetricsReviewed, number: int) -> None:
    tables.execute("insert into metrics_reviews values (?, ?)", (tables.clock.facts, fact.at))


def case_opened(tables: Tables, fact: facts.CaseOpened, number: int) -> None:
    row = (fact.case, fact.subject, fact.order_id, fact.at, fact.at)
    tables.execute("insert into cases values (?, ?, ?, 'open', ?, ?, null, null)", row)
    _said_in_case(tables, fact, "seller")


def case_answered(tables: Tables, fact: facts.CaseAnswered, number: int) -> None:
    tables.execute("""update cases set state = 'requires-attention' where "case" = ?""", (fact.case,))
    _said_in_case(tables, fact, "support")


def case_read(tables: Tables, fact: facts.CaseRead, number: int) -> None:
    sql = """update cases set state = 'answered', read_fact = ifnull(read_fact, ?) where "case" = ?"""
    tables.execute(sql, (tables.clock.facts, fact.case))


def case_replied_to(tables: Tables, fact: facts.CaseRepliedTo, number: int) -> None:
    sql = """update cases set state = iif(state = 'open', 'open', 're-opened') where "case" = ?"""
    tables.execute(sql, (fact.case,))
    _said_in_case(tables, fact, "seller")


def case_closed(tables: Tables, fact: facts.CaseClosed, number: int) -> None:
    sql = """update cases set state = 'closed', closed_at = ?, last_at = ? where "case" = ?"""
    tables.execute(sql, (fact.at, fact.at, fact.case))


def _said_in_case(
    tables: Tables, fact: facts.CaseOpened | facts.CaseAnswered | facts.CaseRepliedTo, sender: str
) -> None:
    tables.execute("""update cases set last_at = ? where "case" = ?""", (fact.at, fact.case))
    sql = """insert into case_texts select ?, ifnull(max(number), 0) + 1, ?, ?, ? from case_texts where "case" = ?"""
    tables.execute(sql, (fact.case, sender, fact.at, fact.text, fact.case))
