"""Whatever is done to a world, in whatever order, some things are always so."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from sandbox.central import cases, checklist, health, messages, orders, reports, reserve, settings, shipments
from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.facts import Address
from sandbox.central.guide import Refused
from sandbox.central.payments import left_minor
from sandbox.central.records import OPEN, STATUSES, Order
from sandbox.central.replay import replayed
from sandbox.central.reports.kinds import KINDS
from sandbox.central.reports.money import settlement_lines
from sandbox.central.reports.scope import Scope
from sandbox.central.settings import set_notification_addresses
from sandbox.central.world import World
from tests import shop

WHICH = st.integers(0, 99)
BASKETS = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 3)), min_size=1, max_size=3)
PIECES = st.lists(st.sampled_from([0, 1, 1, 1, 2, 3]), min_size=1, max_size=3)
SELDOM = st.sampled_from([False] * 7 + [True])
SPANS = st.one_of(
    st.sampled_from([0, 1, 30 * MINUTE, 4 * HOUR, DAY, 7 * DAY, 30 * DAY - 1, 30 * DAY]), st.integers(0, 40 * DAY)
)
TEXTS = st.sampled_from(
    ["Where is it?", "Thank you!", "Hello", "It left.", "", "<b>now</b>", "call 9845012345", "x" * 4001]
)
ELSEWHERE = Address("Asha Rao", "1 Mint Road", "Pune", "Maharashtra", "411001")
REASONS = st.sampled_from([*orders.CANCEL_REASONS, "NotConfirmedInTime", "Because"])


class AnySequence(RuleBasedStateMachine):
    """A shop, and everything that can be tried in it."""

    @initialize()
    def opens(self) -> None:
        self.folder = TemporaryDirectory()
        self.world = shop.quiet(Path(self.folder.name))
        self.placed = [shop.place(self.world, (1, 3), (2, 1), pending=pending) for pending in (False, True, False)]
        self.try_to(messages.ask, by="buyer", order_id=self.placed[0], subject="Shipping", text="Where is it?")
        self.latest = self.world.now
        self.seen: dict[str, tuple[object, object]] = {}

    def try_to(self, act: Callable[..., Any], by: str = "seller", **what: Any) -> None:
        """Do it. Where it is refused, nothing has changed but that the refusal is on record."""
        before, facts = self.all_rows(), self.world.clock.facts
        try:
            self.world.do(act, by=by, **what)
        except Refused:
            assert self.all_rows() == before
            assert [row.kind for row in self.world.facts(after=facts)] == ["ActionRefused"]

    def all_rows(self) -> list[object]:
        return [shop.tables(self.world), self.world.execute("select * from agenda").fetchall(), self.world.now]

    def some(self, which: int) -> str:
        return self.placed[which % len(self.placed)]

    def view(self, order_id: str, astray: bool) -> dict[str, str]:
        """The view that the order is in, or the other one."""
        own = self.world.order(order_id).view
        return {"view": own if not astray else "sandbox" if own == "production" else "production"}

    # -- what is tried

    @rule(basket=BASKETS, pending=SELDOM, tried=SELDOM)
    def place(self, basket: list[tuple[int, int]], pending: bool, tried: bool) -> None:
        view = "sandbox" if tried else "production"
        self.placed.append(shop.place(self.world, *basket, view=view, pending=pending))

    @rule(which=WHICH)
    def authorise(self, which: int) -> None:
        self.try_to(orders.authorise, by="amazon", order_id=self.some(which))

    @rule(which=WHICH, elsewhere=st.booleans(), tracking=st.sampled_from(["", "BD1", "BD2", "#"]), astray=SELDOM)
    def confirm_all(self, which: int, elsewhere: bool, tracking: str, astray: bool) -> None:
        order_id = self.some(which)
        ship_to = ELSEWHERE if elsewhere else None
        what = {
            "order_id": order_id,
            "carrier": "DTDC",
            "tracking": tracking,
            "ship_to": ship_to,
            **self.view(order_id, astray),
        }
        self.try_to(shipments.confirm_shipment, **what)

    @rule(which=WHICH, quantities=PIECES, back=st.sampled_from([0, 0, 0, 1, -1]))
    def confirm_some(self, which: int, quantities: list[int], back: int) -> None:
        order = self.world.order(self.some(which))
        lines = [item.item_id for item, _ in orders.items_of(self.world, order)]
        items = {item_id: pieces for item_id, pieces in zip(lines, quantities, strict=False) if pieces}
        what = {"order_id": order.order_id, "carrier": "DTDC", "shipped_at": self.world.now - back * DAY}
        self.try_to(shipments.confirm_shipment, items=items, view=order.view, **what)

    @rule(which=WHICH, reason=REASONS, astray=SELDOM)
    def cancel(self, which: int, reason: str, astray: bool) -> None:
        order_id = self.some(which)
        self.try_to(orders.cancel, order_id=order_id, reason=reason, **self.view(order_id, astray))

    @rule(which=WHICH)
    def cancel_by_buyer(self, which: int) -> None:
        self.try_to(orders.cancel_by_buyer, by="buyer", order_id=self.some(which))

    @rule(which=WHICH)
    def meet_the_deadline_early(self, which: int) -> None:
        self.try_to(orders.auto_cancel, by="amazon", order_id=self.some(which))

    @rule(
        which=WHICH,
        text=TEXTS,
        subject=st.sampled_from(["Shipping", "Shipping", "ProductDetails", "Refund"]),
        astray=SELDOM,
    )
    def ask(self, which: int, text: str, subject: str, astray: bool) -> None:
        what = {"order_id": self.some(which), "subject": subject, "text": text}
        self.try_to(messages.ask, by="buyer", **what, **self.view(self.some(which), astray))

    @rule(which=WHICH, text=TEXTS, subject=st.sampled_from(["Shipping", "Refund", "ReturnsPolicy"]), astray=SELDOM)
    def contact_buyer(self, which: int, text: str, subject: str, astray: bool) -> None:
        what = {"order_id": self.some(which), "subject": subject, "text": text}
        self.try_to(messages.contact_buyer, **what, **self.view(self.some(which), astray))

    @rule(which=WHICH, text=TEXTS, automatic=SELDOM, tried=SELDOM)
    def reply(self, which: int, text: str, automatic: bool, tried: bool) -> None:
        thread = which % (self.world.clock.threads + 2)
        view = "sandbox" if tried else "production"
        self.try_to(messages.reply, thread=thread, text=text, automatic=automatic, view=view)

    @rule(which=WHICH, tried=SELDOM)
    def mark_no_response_needed(self, which: int, tried: bool) -> None:
        message = which % (self.world.clock.messages + 2)
        view = "sandbox" if tried else "production"
        self.try_to(messages.mark_no_response_needed, message=message, view=view)

    @rule(which=WHICH, memo=st.sampled_from(["", "Gift", "x" * 501]), astray=SELDOM)
    def write_memo(self, which: int, memo: str, astray: bool) -> None:
        order_id = self.some(which)
        self.try_to(orders.write_memo, order_id=order_id, memo=memo, **self.view(order_id, astray))

    @rule(addresses=st.lists(st.sampled_from(["ops@shop.example.invalid", "a@b.in", "nobody"]), max_size=2))
    def choose_notification_addresses(self, addresses: list[str]) -> None:
        self.try_to(set_notification_addresses, addresses=addresses)

    @rule(number=st.sampled_from(["123456789", "987654321", "12"]))
    def change_bank_account(self, number: str) -> None:
        self.try_to(settings.change_bank_account, holder="A", bank_code="SAND0000402", number=number)

    @rule(subject=st.sampled_from(["Orders", "Weather"]), text=TEXTS, which=WHICH)
    def open_case(self, subject: str, text: str, which: int) -> None:
        self.try_to(cases.open_case, subject=subject, text=text, order_id=self.some(which))

    @rule(act=st.sampled_from([cases.answer, cases.read, cases.close]), case=st.integers(1, 3))
    def act_on_a_case(self, act: Callable[..., Any], case: int) -> None:
        self.try_to(act, case=case)

    @rule(text=TEXTS, case=st.integers(1, 3))
    def reply_in_a_case(self, text: str, case: int) -> None:
        self.try_to(cases.reply, case=case, text=text)

    @rule()
    def review_metrics(self) -> None:
        self.try_to(checklist.review_metrics)

    @rule(kind=st.sampled_from([*KINDS, "orders"]))
    def request_report(self, kind: str) -> None:
        self.try_to(reports.request, kind=kind)

    @rule(which=WHICH, act=st.sampled_from([reports.delete, reports.cancel, reports.download]))
    def handle_report(self, which: int, act: Callable[..., Any]) -> None:
        self.try_to(act, report=which % (self.world.clock.reports + 2))

    @rule(
        kind=st.sampled_from(["all-orders", "customer-metrics", "settlement-v2"]), every=st.sampled_from(["7d", "3h"])
    )
    def schedule_report(self, kind: str, every: str) -> None:
        self.try_to(reports.schedule, kind=kind, every=every)

    @rule(span=SPANS)
    def wait(self, span: int) -> None:
        shop.wait(self.world, span)

    # -- what is always so

    def all_orders(self) -> list[Order]:
        return [self.world.order(order_id) for order_id in self.placed]

    @invariant()
    def time_never_runs_back(self) -> None:
        now, *moments = self.world.now, *(row.at for row in self.world.facts(limit=-1))
        assert self.latest <= now and moments == sorted(moments) and moments[-1] <= now
        self.latest = now

    @invariant()
    def no_order_is_both_shipped_and_cancelled(self) -> None:
        for order in self.all_orders():
            packages = orders.packages_of(self.world, order)
            assert bool(packages) == (order.confirmed_at is not None)
            assert not (packages and (order.status == "Canceled" or order.cancelled_at is not None))

    @invariant()
    def quantities_never_exceed_what_was_ordered(self) -> None:
        for order in self.all_orders():
            sent = orders.shipped(orders.packages_of(self.world, order))
            assert all(sent[item.line] <= item.quantity for item, _ in orders.items_of(self.world, order))
            assert order.quantity_shipped == sum(sent.values())
            assert order.quantity_shipped + order.quantity_cancelled <= order.quantity

    @invariant()
    def an_order_is_open_while_pieces_are_left_and_its_deadline_is_to_come(self) -> None:
        for order in self.all_orders():
            left = order.quantity - order.quantity_shipped - order.quantity_cancelled
            assert order.is_open == (order.status in OPEN) == bool(left) and order.status in STATUSES
            assert sum(orders.left_to_ship(self.world, order).values()) == left
            assert not order.is_open or self.world.now < order.auto_cancel_at

    @invariant()
    def nothing_is_due_but_for_what_was_confirmed(self) -> None:
        for order in self.all_orders():
            paid = order.paid_minor
            moved = bool(order.quantity_shipped) and order.view == "production"
            assert bool(paid) == moved and 0 <= paid <= order.items_minor + order.shipping_minor
            assert 0 <= left_minor(order) <= paid and 0 <= order.fee_minor <= paid

    @invariant()
    def the_books_agree(self) -> None:
        assert self.world.check() == []

    @invariant()
    def the_lines_of_the_last_settlement_add_up(self) -> None:
        if last := self.world.clock.settlements:
            summary, *lines = settlement_lines(self.world, Scope(self.world.now, settlement=last))
            assert sum(line.amount_minor or 0 for line in lines) == summary.total_minor

    @invariant()
    def a_report_that_is_done_has_a_document_and_no_other_has(self) -> None:
        for report in reports.reports(self.world, limit=100).rows:
            try:
                assert reports.document(self.world, report.report).body and report.status == "done"
            except Refused:
                assert report.status != "done"

    @invariant()
    def a_message_is_answered_or_waits(self) -> None:
        rows = self.world.execute("select sender, state, answered_at from messages").fetchall()
        allowed = {("buyer", "answered", True), ("buyer", "waiting", False), ("buyer", "not-needed", False)}
        assert {(*row[:2], row[2] is not None) for row in rows} <= allowed | {("seller", "sent", False)}

    @invariant()
    def an_order_that_looks_otherwise_has_another_stamp(self) -> None:
        for order in self.all_orders():
            details = orders.details(self.world, order.order_id, order.view)
            now = (details, orders.stamp(self.world, order.order_id, order.view))
            before = self.seen.get(order.order_id, now)
            assert now[0] == before[0] or now[1] != before[1]
            self.seen[order.order_id] = now

    @invariant()
    def rates_and_reserve_add_up(self) -> None:
        for rate in health.rates(self.world):
            assert 0 <= rate.counted <= rate.out_of and (rate.state == "no-data") == (rate.percent is None)
            assert not (rate.room and rate.needed)
            assert bool(rate.needed) == (rate.state == "breached")
        holds = reserve.reserve(self.world).holds
        assert all(hold.amount_minor > 0 for hold in holds)
        held = [order.number for hold in holds for order in hold.orders if order.amount_minor]
        assert len(held) == len(set(held))

    @invariant()
    def a_line_of_the_checklist_is_done_by_a_fact_on_record(self) -> None:
        for item in checklist.checklist(self.world):
            assert not (item.missing and item.evidence)
            assert item.evidence is None or item.evidence.fact <= self.world.clock.facts

    @invariant()
    def a_case_that_waits_has_its_answer_to_come(self) -> None:
        waiting = [str(row.case) for row in cases.dashboard(self.world).rows if row.state in cases.WAITING]
        due = [ref for (ref,) in self.world.rows("select ref from agenda where step = 'cases.answer'")]
        assert set(waiting) <= set(due)

    def teardown(self) -> None:
        """The tables are what the facts say, to whoever opens the file too."""
        with closing(World.open(self.world.path)) as again:
            assert shop.tables(again) == shop.tables(self.world)
        with closing(replayed(self.world, self.world.path.with_name("replayed.world"))) as twin:
            assert (shop.tables(twin), shop.facts(twin)) == (shop.tables(self.world), shop.facts(self.world))
        self.world.close()
        self.folder.cleanup()


def test_any_sequence_of_commands_keeps_what_is_always_so() -> None:
    always_the_same = hypothesis_settings(
        derandomize=True, database=None, deadline=None, max_examples=60, stateful_step_count=40
    )
    run_state_machine_as_test(AnySequence, settings=always_the_same)
