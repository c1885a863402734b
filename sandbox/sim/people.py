"""The people who buy: a pool of invented names and Indian addresses, made once and the same for the same seed."""

from functools import lru_cache
from typing import NamedTuple

from sandbox.central.facts import Address

CITIES = (
    ("Bengaluru", "Karnataka", "560"),
    ("Mysuru", "Karnataka", "570"),
    ("Mumbai", "Maharashtra", "400"),
    ("Pune", "Maharashtra", "411"),
    ("Nagpur", "Maharashtra", "440"),
    ("New Delhi", "Delhi", "110"),
    ("Gurugram", "Haryana", "122"),
    ("Chennai", "Tamil Nadu", "600"),
    ("Coimbatore", "Tamil Nadu", "641"),
    ("Hyderabad", "Telangana", "500"),
    ("Kolkata", "West Bengal", "700"),
    ("Ahmedabad", "Gujarat", "380"),
    ("Surat", "Gujarat", "395"),
    ("Jaipur", "Rajasthan", "302"),
    ("Lucknow", "Uttar Pradesh", "226"),
    ("Kochi", "Kerala", "682"),
    ("Bhopal", "Madhya Pradesh", "462"),
    ("Patna", "Bihar", "800"),
    ("Guwahati", "Assam", "781"),
    ("Bhubaneswar", "Odisha", "751"),
)
"""City, state and the first three digits of its postal codes; Faker draws the three apart from each other."""


class Person(NamedTuple):
    """Somebody who may buy."""

    name: str
    email: str
    place: Address


@lru_cache(maxsize=4)
def people(seed: str, count: int) -> tuple[Person, ...]:
    """`count` people. The first hundred of a larger pool are those of a smaller one."""
    from faker import Faker  # a quarter of a second to import; only a new world needs it

    fake = Faker("en_IN")
    fake.seed_instance(f"{seed}/people")
    return tuple(_person(fake, number) for number in range(1, count + 1))


def _person(fake: object, number: int) -> Person:
    draw = fake
    first, last = draw.first_name(), draw.last_name()  # type: ignore[attr-defined]  # Faker's proxy names its methods at run time
    house, street = draw.building_number(), draw.street_name()  # type: ignore[attr-defined]
    city, state, code = draw.random_element(CITIES)  # type: ignore[attr-defined]
    digits = draw.numerify("%##")  # type: ignore[attr-defined]
    name = f"{first} {last}"
    email = f"{first}.{last}.{number}@example.invalid".lower().replace(" ", "")
    return Person(name, email, Address(name, f"{house} {street}", city, state, code + digits))
