"""Who buys, what they want before and after the parcel comes, and what their treatment changes."""

from pydantic import Field, model_validator

from sandbox.sim.scenario.base import Days, Hours, Part, Share, Sigma, Times


class Wishes(Part):
    """What buyers want before the parcel leaves; of all orders, and one of them an order at most."""

    cancels: Share = 0.01
    """Cancels by themselves, soon (assumed)."""
    asks_to_cancel: Share = 0.006
    """Asks the seller to cancel, later (assumed)."""
    another_address: Share = 0.0145
    """Asks for another address, unless the parcel is there already (published: contacts on 6.7 % of orders, 20 % of
    them about the order's details)."""
    asks_about_product: Share = 0.0115
    """Has a question about what was bought (assumed)."""
    hours: Hours = 9
    """The median time from the order to such a message."""
    insists: Share = 0.4
    """Of those who were refused another address: asks once more (assumed)."""
    reorders: Share = 0.35
    """Of those who were refused: asks to cancel, and orders again with the new address (assumed)."""
    returns_it: Share = 0.7
    """Of those who asked to cancel, and got the parcel all the same: sends it back (assumed)."""
    impostors: Share = 0.007
    """Of those who ask for another address: pays with somebody else's card (assumed: far more often than others)."""

    @model_validator(mode="after")
    def _one_at_most(self) -> "Wishes":
        shares = (self.cancels, self.asks_to_cancel, self.another_address, self.asks_about_product)
        if sum(shares) > 1:
            raise ValueError(f"the shares of wishes add up to {sum(shares):g}; an order has one of them at most")
        return self


class Ratings(Part):
    """Who leaves feedback, and what it says, by how late the parcel came."""

    share: Share = 0.025
    """Of orders that came, or are known not to come (assumed: 2 to 10 % on marketplaces where rating is voluntary; so
    low that a seller who does all well keeps an order defect rate of about half a percent)."""
    unhappy_times: Times = 2
    """Whoever is unhappy says so this much more often (assumed)."""
    days: Days = 4
    """The median time from delivery to feedback."""
    negative: list[Share] = Field([0.093, 0.14, 0.271, 0.635, 0.789], min_length=5, max_length=5)
    """Ratings of 1 or 2 among all: early, on the last promised day, 1 to 2, 3 to 7, more days late or never there
    (measured on 96,353 public reviews of a marketplace, the share of 2 completed by maximum entropy; of what was never
    there the same source implies 0.75)."""
    worst: list[Share] = Field([0.066, 0.0852, 0.1882, 0.5502, 0.6968], min_length=5, max_length=5)
    """Ratings of 1 among all (published, same source)."""
    about_the_product: Share = 0.7
    """Unhappiness with the product itself, which platforms take off the record: so much of the negative ratings of
    parcels that came in time is never left as seller feedback (assumed)."""

    @model_validator(mode="after")
    def _worst_among_negative(self) -> "Ratings":
        for worst, negative in zip(self.worst, self.negative, strict=True):
            if worst > negative:
                raise ValueError(f"ratings of 1 ({worst:g}) are more than all negative ones ({negative:g})")
        return self


class Returns(Part):
    """What is wrong with what came, who sends it back, and how long it takes."""

    faulty: Share = 0.009
    """Defective, of all delivered (assumed; the three faults in the proportion of what banks are told)."""
    wrong_item: Share = 0.006
    """Another thing than what was ordered (assumed)."""
    not_as_described: Share = 0.0016
    """Assumed."""
    regretted: Share = 0.012
    """Nothing is wrong, and it goes back all the same (assumed; published for a clothing seller: 6.8 % go back, which
    with a message each would leave no contact in a hundred orders for anything else)."""
    days: Days = 9.3
    """The median time from delivery to the wish to return (measured: 9.3 days)."""
    sigma: Sigma = 1.54
    """The standard deviation of the logarithm of that time (measured)."""
    sends_within_days: Days = 2
    """From the seller's answer to the carrier, at most (assumed)."""
    travels_days: Days = 5
    """The median time on the way back (assumed). Carriers bring the shop what comes back once a day, in the middle of
    their hours."""

    @model_validator(mode="after")
    def _one_at_most(self) -> "Returns":
        shares = (self.faulty, self.wrong_item, self.not_as_described, self.regretted)
        if sum(shares) > 1:
            raise ValueError(f"the shares of what is found add up to {sum(shares):g}; an order has one of them at most")
        return self


class Disputes(Part):
    """Who goes to the platform or to the bank, where nobody helped: of those with that trouble."""

    misses: Share = 0.1
    """Of those whose parcel is not there after its last promised day: writes about it (assumed; 6.8 % of orders come
    late, and messages about parcels that are not there are published as 1.2 in 100 orders)."""
    claims_not_received: Share = 0.3
    """Of those whose parcel is not there after its last promised day (assumed)."""
    claims_faulty: Share = 0.12
    """Of those who got something wrong or defective, and were not helped (assumed)."""
    claims_not_reimbursed: Share = 0.5
    """Of those who sent something back and were not paid (assumed)."""
    waits_days: Days = 3
    """The median patience before that step, beside what the platform asks for."""
    fraud: Share = 0.00016
    """Orders paid with somebody else's card, beside those of impostors (published: 30 % of chargebacks; assumed: 0.08 %
    of orders)."""
    charged_twice: Share = 0.000024
    """Orders whose buyer finds a mistake on the bill, and tells the bank alone (published: 3 % of chargebacks)."""
    chargebacks_not_received: Share = 0.36
    """Of those whose parcel never came, who neither claimed nor were helped (assumed)."""
    chargebacks_faulty: Share = 0.42
    """Of those with something wrong, who neither claimed nor were helped (assumed)."""
    chargeback_days: Days = 30
    """The median time from the order to a chargeback (published: several weeks)."""
    chargeback_sigma: Sigma = 0.6
    """Assumed; none comes later than the policy's last day."""


class Regard(Part):
    """What a seller's answers do: so many times what buyers do otherwise (assumed)."""

    cared_for: Times = 0.4
    """Every message was answered in time, and helpfully."""
    put_off: Times = 1.2
    """Answered, but not helpfully."""
    ignored: Times = 1.8
    """A message got no answer, or only after a day."""
    late_answer_hours: Hours = 24
    """An answer after this is as good as none."""
    thanks: Share = 0.1
    """Of those who were answered well: writes thanks (assumed)."""


class Buyers(Part):
    """Who buys and what they ask."""

    pool: int = Field(400, ge=1, le=100_000)
    """How many people there are to buy."""
    ask_share: Share = 0.012
    """Buyers who ask where the parcel is if it is not there when their patience ends (assumed; published: 6.7 contacts
    in 100 orders, 18 % of them about where it is)."""
    patience_days: float = Field(8, gt=0, le=3660)
    """The median of that patience, from the order on."""
    patience_sigma: Sigma = 0.5
    """The standard deviation of the logarithm of that patience (assumed)."""
    ask_again_hours: float = Field(24, gt=0, le=100_000)
    """Whoever is not answered asks again after this long, twice at most."""
    wishes: Wishes = Wishes()
    ratings: Ratings = Ratings()
    returns: Returns = Returns()
    disputes: Disputes = Disputes()
    regard: Regard = Regard()
