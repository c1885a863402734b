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

from sandbox.central import chargebacks, claims, ledger, messages, refunds, reserve, settlements, shipments
from sandbox.central.days import DAY, HOUR, MINUTE
from sandbox.central.guide import Refused
from sandbox.central.replay import replayed
from tests import shop, till

WHICH = st.integers(0, 3)
AMOUNTS = st.one_of(st.none(), st.sampled_from([1, 900, 4_900]), st.integers(1, 100_000))
SPANS = st.sampled_from([1, 30 * MINUTE, 2 * HOUR, 2 * HOUR, DAY, 3 * DAY, 7 * DAY, 7 * DAY, 11 * DAY])
PACKS = st.sampled_from(sorted(reserve.PACKS))


class Money(RuleBasedStateMachine):
    """A shop, and everything that moves its money."""

    @initialize(
        pack=PACKS,
        plan=st.sampled_from(["individual", "professional"]),
        every=st.sampled_from([1, 7]),
        enough=st.sampled_from([3, 99]),
    )
    def opens(self, pack: str, plan: str, every: int, enough: int) -> None:
        self.folder = TemporaryDirectory()
        changes = f'reserve_pack = "{pack}"\nseller_plan = "{plan}"\nsettlement_every_days = {every}\n'
        changes += f"standing_orders_at_least = {enough}\ntier_2_after_days = 10\ntier_2_after_orders = 2\n"
        self.world = shop.quiet(Path(self.folder.name), f"[policy.changes]\n{changes}")
        self.placed = [till.sold(self.world, (1, 2), (2, 1)) for _ in range(2)]

    def try_to(self, act: Callable[..., Any], by: str = "seller", **what: Any) -> None:
        with suppress(Refused):
            self.world.do(act, by=by, **what)

    def some(self, which: int) -> str:
        return self.placed[-1 - which % min(4, len(self.placed))]

    def dispute(self, which: int, where: str) -> dict[str, int]:
        """One of the disputes that are so, by its kind."""
        rows = self.world.rows(f"select kind, dispute from disputes where {where} order by dispute")
        return dict([rows[which % len(rows)]]) if rows else {"claim": 1}

    # -- what is tried

    @rule(kettles=st.integers(1, 3), tracking=st.sampled_from(["", "BD1"]), whole=st.booleans())
    def sell(self, kettles: int, tracking: str, whole: bool) -> None:
        order_id = shop.place(self.world, (1, kettles), (2, 1))
        some = None if whole else {till.items(self.world, order_id)[0]: 1}
        till.ship(self.world, order_id, tracking=tracking, items=some)
        self.placed.append(order_id)

    @rule(which=WHICH)
    def ship_the_rest(self, which: int) -> None:
        self.try_to(shipments.confirm_shipment, order_id=self.some(which), carrier="DTDC")

    @rule(which=WHICH, amount=AMOUNTS, of_shipping=st.booleans())
    def refund(self, which: int, amount: int | None, of_shipping: bool) -> None:
        order_id = self.some(which)
        item_id = till.items(self.world, order_id)[0]
        asked: dict[str, Any] = {"shipping_minor": amount} if of_shipping else {"items": {item_id: amount}}
        self.try_to(refunds.refund, order_id=order_id, reason="Other", **(asked if amount else {}))

    @rule()
    def call_off(self) -> None:
        for order_id, number in self.world.rows("select order_id, refund from refunds where state = 'pending'")[:1]:
            self.try_to(refunds.call_off, order_id=order_id, refund=number)

    @rule(which=WHICH, amount=AMOUNTS, reason=st.sampled_from(["NotReceived", "Late", "ChargedMore"]))
    def claim(self, which: int, amount: int | None, reason: str) -> None:
        order_id = self.some(which)
        self.try_to(messages.ask, by="buyer", order_id=order_id, subject="Shipping", text="Where is it?")
        shop.wait(self.world, 2 * DAY)
        self.try_to(claims.file, by="buyer", order_id=order_id, reason=reason, amount_minor=amount)

    @rule(which=WHICH, amount=AMOUNTS, reason=st.sampled_from(["WrongItem", "UnauthorisedUse"]))
    def charge_back(self, which: int, amount: int | None, reason: str) -> None:
        self.try_to(chargebacks.file, by="bank", order_id=self.some(which), reason=reason, amount_minor=amount)

    @rule(which=WHICH, act=st.sampled_from(["accept", "accept", "represent", "withdraw"]))
    def answer(self, which: int, act: str) -> None:
        found = self.dispute(which, "closed_at is null and appealed_at is null")
        room: Any = claims if "claim" in found else chargebacks
        words = {"text": "It left in time."} if act == "represent" else {}
        self.try_to(getattr(room, act, room.accept), **found, **words)

    @rule(which=WHICH, draw=st.sampled_from([0.0, 1.0]))
    def decide_at_the_bank(self, which: int, draw: float) -> None:
        found = self.dispute(which, "kind = 'chargeback' and state = 'under-review'")
        if "chargeback" in found:
            self.try_to(chargebacks.decide, by="bank", draw=draw, **found)

    @rule(which=WHICH)
    def appeal(self, which: int) -> None:
        found = self.dispute(which, "kind = 'claim' and outcome = 'GrantedSellerFunded' and appealed_at is null")
        self.try_to(claims.appeal, text="It was delivered.", **found)

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
        taken = [held.number for hold in holds for held in hold.orders if held.amount_minor]
        assert len(taken) == len(set(taken))
        by_order = [hold for hold in holds if any(held.amount_minor for held in hold.orders)]
        assert all(hold.amount_minor == sum(held.amount_minor for held in hold.orders) for hold in by_order)

    def teardown(self) -> None:
        with closing(replayed(self.world, self.world.path.with_name("replayed.world"))) as twin:
            assert shop.tables(twin) == shop.tables(self.world)
        self.world.close()
        self.folder.cleanup()


def test_any_sequence_of_commands_loses_no_money() -> None:
    always_the_same = settings(derandomize=True, database=None, deadline=None, max_examples=50, stateful_step_count=40)
    run_state_machine_as_test(Money, settings=always_the_same)
