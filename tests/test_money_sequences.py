"""Whatever happens to the money, in whatever order: nothing is lost, nothing comes from nowhere (chapters 5 and 10)."""

from collections.abc import Callable
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sandbox.central import chargebacks, claims, ledger, messages, orders, refunds, reserve, settlements, shipments
from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.guide import Refused
from tests import shop

WHICH = st.integers(0, 99)
AMOUNTS = st.one_of(st.none(), st.integers(1, 100_000))
SPANS = st.sampled_from([0, 1, 30 * MINUTE, 2 * HOUR, DAY, 2 * DAY, 7 * DAY, 11 * DAY, 31 * DAY])
PACKS = st.sampled_from(sorted(reserve.PACKS))


class Money(RuleBasedStateMachine):
    """A shop, and everything that moves its money."""

    @initialize(pack=PACKS, plan=st.sampled_from(["individual", "professional"]), every=st.sampled_from([1, 7]))
    def opens(self, pack: str, plan: str, every: int) -> None:
        self.folder = TemporaryDirectory()
        changes = f'reserve_pack = "{pack}"\nseller_plan = "{plan}"\nsettlement_every_days = {every}\n'
        changes += "standing_orders_at_least = 3\ntier_2_after_days = 10\ntier_2_after_orders = 2\n"
        self.world = shop.quiet(Path(self.folder.name), f"[policy.changes]\n{changes}")
        self.placed = [shop.place(self.world, (1, 2), (2, 1))]

    def try_to(self, act: Callable[..., Any], by: str = "seller", **what: Any) -> None:
        with suppress(Refused):
            self.world.do(act, by=by, **what)

    def some(self, which: int) -> str:
        return self.placed[which % len(self.placed)]

    def dispute(self, which: int) -> int:
        return 1 + which % max(1, self.world.clock.disputes)

    # -- what is tried

    @rule(kettles=st.integers(1, 3))
    def place(self, kettles: int) -> None:
        self.placed.append(shop.place(self.world, (1, kettles), (2, 1)))

    @rule(which=WHICH, tracking=st.sampled_from(["", "BD1"]))
    def confirm(self, which: int, tracking: str) -> None:
        self.try_to(shipments.confirm_shipment, order_id=self.some(which), carrier="DTDC", tracking=tracking)

    @rule(which=WHICH)
    def confirm_a_piece(self, which: int) -> None:
        order = self.world.order(self.some(which))
        item, _ = orders.items_of(self.world, order)[which % 2]
        self.try_to(shipments.confirm_shipment, order_id=order.order_id, carrier="DTDC", items={item.item_id: 1})

    @rule(which=WHICH, amount=AMOUNTS, of_shipping=st.booleans())
    def refund(self, which: int, amount: int | None, of_shipping: bool) -> None:
        order = self.world.order(self.some(which))
        item, _ = orders.items_of(self.world, order)[0]
        asked: dict[str, Any] = {"shipping_minor": amount} if of_shipping else {"items": {item.item_id: amount}}
        self.try_to(refunds.refund, order_id=order.order_id, reason="Other", **(asked if amount else {}))

    @rule(which=WHICH, number=WHICH)
    def call_off(self, which: int, number: int) -> None:
        number = 1 + number % max(1, self.world.clock.refunds)
        order_id = self.world.row("select order_id from refunds where refund = ?", (number,)) or [self.some(which)]
        self.try_to(refunds.call_off, order_id=order_id[0], refund=number)

    @rule(which=WHICH)
    def ask(self, which: int) -> None:
        self.try_to(messages.ask, by="buyer", order_id=self.some(which), subject="Shipping", text="Where is it?")

    @rule(which=WHICH, amount=AMOUNTS, reason=st.sampled_from(["NotReceived", "Late", "ChargedMore"]))
    def claim(self, which: int, amount: int | None, reason: str) -> None:
        self.try_to(claims.file, by="buyer", order_id=self.some(which), reason=reason, amount_minor=amount)

    @rule(which=WHICH, amount=AMOUNTS, reason=st.sampled_from(["WrongItem", "UnauthorisedUse"]))
    def charge_back(self, which: int, amount: int | None, reason: str) -> None:
        self.try_to(chargebacks.file, by="bank", order_id=self.some(which), reason=reason, amount_minor=amount)

    @rule(which=WHICH, answer=st.sampled_from([claims.accept, claims.withdraw, chargebacks.accept]))
    def end(self, which: int, answer: Callable[..., Any]) -> None:
        kind = "chargeback" if answer is chargebacks.accept else "claim"
        self.try_to(answer, **{kind: self.dispute(which)})

    @rule(which=WHICH, room=st.sampled_from([claims, chargebacks]))
    def represent(self, which: int, room: Any) -> None:
        kind = "claim" if room is claims else "chargeback"
        self.try_to(room.represent, text="It left in time.", **{kind: self.dispute(which)})

    @rule(which=WHICH)
    def appeal(self, which: int) -> None:
        self.try_to(claims.appeal, claim=self.dispute(which), text="It was delivered.")

    @rule(span=SPANS)
    def wait(self, span: int) -> None:
        shop.wait(self.world, span)

    # -- what is always so

    @invariant()
    def the_books_agree(self) -> None:
        assert self.world.check() == []

    @invariant()
    def what_buyers_paid_is_somewhere(self) -> None:
        world = self.world
        paid, back = world.row("select sum(paid_minor), sum(refunded_minor + reversed_minor) from orders")
        (fees,) = world.row("select sum(fee_minor) from orders")
        (bank,) = world.row("select ifnull(sum(transfer_minor), 0) from settlements")
        protection = ledger.balances(world)["protection"]
        assert bank + settlements.balance(world).total_minor + fees + protection == paid - back

    @invariant()
    def no_order_gives_back_more_than_it_brought(self) -> None:
        sql = "select count(*) from orders where refunding_minor + refunded_minor + reversed_minor > paid_minor"
        assert self.world.row(sql) == (0,)

    @invariant()
    def settlements_follow_each_other(self) -> None:
        found = settlements.settlements(self.world, limit=100).rows[::-1]
        for before, one in pairwise(found):
            assert (one.since, one.opening_minor) == (before.closed_at, before.closing_minor)
            assert one.reserve_change_minor == before.reserved_minor - one.reserved_minor

    @invariant()
    def the_reserve_names_its_orders_and_counts_none_twice(self) -> None:
        holds = reserve.reserve(self.world).holds
        assert all(hold.amount_minor > 0 and hold.orders for hold in holds)
        taken = [held.order_id for hold in holds for held in hold.orders if held.amount_minor]
        assert len(taken) == len(set(taken))
        by_order = [hold for hold in holds if any(held.amount_minor for held in hold.orders)]
        assert all(hold.amount_minor == sum(held.amount_minor for held in hold.orders) for hold in by_order)

    def teardown(self) -> None:
        with closing(self.world.replayed_to(self.world.path.with_name("replayed.world"))) as twin:
            assert shop.tables(twin) == shop.tables(self.world)
        self.world.close()
        self.folder.cleanup()


def test_any_sequence_of_commands_loses_no_money() -> None:
    always_the_same = settings(derandomize=True, database=None, deadline=None, max_examples=50, stateful_step_count=40)
    run_state_machine_as_test(Money, settings=always_the_same)
