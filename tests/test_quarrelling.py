"""Whatever buyers, banks and sellers do about one another's money, in whatever order, the books agree."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sandbox.central import chargebacks, claims, ledger, performance, refunds, shipments, standing
from sandbox.central.days import DAY, HOUR
from sandbox.central.disputes import CHARGEBACK, CLAIM, EVIDENCE
from sandbox.central.guide import Refused
from sandbox.central.health import order_defects
from sandbox.central.payments import left_minor
from sandbox.central.records import Dispute, Order
from sandbox.central.replay import replayed
from sandbox.central.reserve import reserve
from tests import quarrels, shop

WHICH = st.integers(0, 11)
SPANS = st.sampled_from([0, 1, HOUR, 2 * HOUR, DAY, 2 * DAY, 3 * DAY, 7 * DAY, 7 * DAY, 11 * DAY, 30 * DAY])
AMOUNTS = st.sampled_from([None, None, 1, 400, 40_000, 40_000, 84_900, 10**9])
CALLED = st.sampled_from([*EVIDENCE])


class Quarrels(RuleBasedStateMachine):
    """A small shop whose every order is fought over."""

    @initialize(today=st.booleans(), fixed=st.sampled_from([0, 300]))
    def opens(self, today: bool, fixed: int) -> None:
        self.folder = TemporaryDirectory()
        pack = "marketplace-today" if today else "guide-2015"
        policy = f'[policy]\npack = "{pack}"\n[policy.changes]\nfee_fixed_minor = {fixed}\n'
        self.world = shop.slow(Path(self.folder.name), policy)
        self.placed = [shop.place(self.world, (1, 2)) for _ in range(6)]
        for order_id, elsewhere in zip(self.placed, [None] * 4 + [quarrels.ELSEWHERE], strict=False):
            item = quarrels.first_item(self.world, order_id)
            quarrels.ship(self.world, order_id, items={item: 1}, ship_to=elsewhere)
            quarrels.write(self.world, order_id)
        shop.wait(self.world, 2 * DAY)

    def try_to(self, act: Callable[..., Any], **what: Any) -> None:
        """Do it. Where it is refused, the books are as they were."""
        before = ledger.balances(self.world)
        try:
            self.world.do(act, by="somebody", **what)
        except Refused:
            assert ledger.balances(self.world) == before

    def wait(self, span: int) -> None:
        shop.wait(self.world, span)

    def some(self, which: int) -> str:
        return self.placed[which % len(self.placed)]

    def disputes(self) -> list[Dispute]:
        pages = [performance.disputes(self.world, kind, limit=100).rows for kind in (CLAIM, CHARGEBACK)]
        return [found.dispute for page in pages for found in page]

    def a(self, kind: str, which: int) -> int:
        """The number of a dispute of that kind, of the last ones mostly, or of none."""
        rows = self.world.rows("select dispute from disputes where kind = ? order by dispute desc", (kind,))
        return int(rows[which // 2 % len(rows)][0]) if rows else 1

    # -- what is tried

    @rule(which=WHICH, reason=st.sampled_from([*claims.REASONS]), amount=AMOUNTS, span=SPANS)
    def claim(self, which: int, reason: str, amount: int | None, span: int) -> None:
        self.try_to(claims.file, order_id=self.some(which), reason=reason, amount_minor=amount)
        self.wait(span)

    @rule(which=WHICH, reason=st.sampled_from([*chargebacks.REASONS]), amount=AMOUNTS)
    def charge_back(self, which: int, reason: str, amount: int | None) -> None:
        self.try_to(chargebacks.file, order_id=self.some(which), reason=reason, amount_minor=amount)

    @rule(which=WHICH, kind=CALLED, span=SPANS)
    def speak(self, which: int, kind: str, span: int) -> None:
        for act in (claims.represent, claims.appeal):
            self.try_to(act, claim=self.a(CLAIM, which), text="It was sent.", evidence=[(kind, "See there.")])
        self.wait(span)

    @rule(which=WHICH, act=st.sampled_from([claims.accept, claims.withdraw]))
    def give_in(self, which: int, act: Callable[..., Any]) -> None:
        self.try_to(act, claim=self.a(CLAIM, which))

    @rule(which=WHICH)
    def accept_chargeback(self, which: int) -> None:
        self.try_to(chargebacks.accept, chargeback=self.a(CHARGEBACK, which))

    @rule(which=WHICH, draw=st.sampled_from([0.0, 0.99]))
    def speak_to_the_bank(self, which: int, draw: float) -> None:
        """And hear its decision."""
        self.try_to(chargebacks.represent, chargeback=self.a(CHARGEBACK, which), text="It was sent.")
        self.try_to(chargebacks.decide, chargeback=self.a(CHARGEBACK, which), draw=draw)

    @rule(which=WHICH, shipping=st.sampled_from([None, 4_900, 400, 400]))
    def refund(self, which: int, shipping: int | None) -> None:
        self.try_to(refunds.refund, order_id=self.some(which), reason="Other", shipping_minor=shipping)

    @rule(which=WHICH, part=st.sampled_from([1, 40_000, 84_900]))
    def refund_some(self, which: int, part: int) -> None:
        item = quarrels.first_item(self.world, self.some(which))
        self.try_to(refunds.refund, order_id=self.some(which), reason="Other", items={item: part})

    @rule()
    def call_the_last_refund_off(self) -> None:
        row = self.world.row("select order_id, refund from refunds order by refund desc limit 1")
        if row:
            self.try_to(refunds.call_off, order_id=row[0], refund=row[1])

    @rule(which=WHICH)
    def ship_the_rest(self, which: int) -> None:
        self.try_to(shipments.confirm_shipment, order_id=self.some(which), carrier="DTDC", tracking="D-100")

    @rule(which=WHICH)
    def deliver(self, which: int) -> None:
        self.try_to(shipments.deliver, order_id=self.some(which), package=1)

    @rule(span=SPANS)
    def live_on(self, span: int) -> None:
        self.wait(span)

    # -- what is always so

    def orders(self) -> list[Order]:
        return [self.world.order(order_id) for order_id in self.placed]

    @invariant()
    def the_books_agree(self) -> None:
        assert self.world.check() == []

    @invariant()
    def nobody_gets_more_back_than_was_paid(self) -> None:
        for order in self.orders():
            assert 0 <= left_minor(order) <= order.paid_minor and 0 <= order.fee_minor <= order.paid_minor

    @invariant()
    def a_dispute_pays_what_was_disputed_at_most_and_only_once_it_has_ended(self) -> None:
        for found in self.disputes():
            assert 0 <= found.paid_minor <= found.amount_minor
            assert (found.closed_at is None) == (found.outcome is None) == (found.paid_by is None)
            assert (found.state in ("closed", "appealed")) == (found.closed_at is not None)
            assert found.closed_at is not None or self.world.now < found.respond_by or found.answered_at is not None

    @invariant()
    def an_order_has_one_open_dispute_at_most(self) -> None:
        still_open = [found.order_id for found in self.disputes() if found.closed_at is None]
        assert len(still_open) == len(set(still_open))

    @invariant()
    def what_disputes_paid_is_what_orders_say(self) -> None:
        paid = sum(found.paid_minor for found in self.disputes())
        assert paid == sum(order.reversed_minor for order in self.orders())

    @invariant()
    def readings_of_the_defect_rate_contain_one_another(self) -> None:
        scored, *others = order_defects(self.world)
        assert max(rate.counted for rate in (scored, *others)) <= scored.out_of
        assert all(hold.amount_minor > 0 for hold in reserve(self.world).holds)
        assert standing.standing(self.world) in standing.STANDINGS

    def teardown(self) -> None:
        """The tables are what the facts say."""
        with closing(replayed(self.world, self.world.path.with_name("replayed.world"))) as twin:
            assert shop.tables(twin) == shop.tables(self.world)
        self.world.close()
        self.folder.cleanup()


def test_whoever_quarrels_about_what_the_books_agree() -> None:
    always_the_same = settings(derandomize=True, database=None, deadline=None, max_examples=100, stateful_step_count=40)
    run_state_machine_as_test(Quarrels, settings=always_the_same)
