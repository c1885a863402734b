"""What the journal does not keep."""

import pytest

from sandbox.api.journal.masks import is_secret, masked_body, masked_query, masked_sentence, masked_text

KEY = "sk_one-shop_" + "0a" * 16
OPERATORS = "op_" + "0a" * 16


@pytest.mark.parametrize(
    "name",
    [
        *("key", "api_key", "apiKey", "AWSAccessKeyId", "token", "MWSAuthToken", "client-secret", "Password"),
        *("Signature", "number", "account_number", "accountNumber", "IBAN", "Authorization", "credentials"),
    ],
)
def test_a_name_tells_a_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["tracking", "carrier", "keys", "keyword", "order_number", "holder", "bank_code", ""])
def test_other_names_tell_none(name: str) -> None:
    assert not is_secret(name)


BODIES = [
    ('{"holder": "A", "number": "123456789"}', '{"holder":"A","number":"***"}'),
    ('{"a": [{"password": {"b": 1}}]}', '{"a":[{"password":"***"}]}'),
    ('{"p\\u0061ssword": "x"}', '{"password":"***"}'),
    (f'{{"text": "mine is {KEY}"}}', '{"text":"mine is ***"}'),
    ('{"a": {"secret": "x"}, "a": 1}', '{"a": {"secret": "***"}, "a": 1}'),
    ('{"password": "abc', '{"password": "***"'),
    ('{"a": {"secret": {"b": "c"}, "d', '{"a": {"secret": "***"'),
    ("<A><Password>abc</Password><B>1</B></A>", "<A><Password>***</Password><B>1</B></A>"),
    ("a=1&p%61ssword=abc&b=2", "a=1&p%61ssword=***&b=2"),
    (f"Authorization: Bearer {KEY}", "Authorization: ***"),
    ('[["key', '[["key'),
]


@pytest.mark.parametrize(("body", "kept"), BODIES)
def test_secrets_of_a_body_are_masked_whatever_it_is(body: str, kept: str) -> None:
    assert masked_body(body) == kept


@pytest.mark.parametrize(
    "body", ['{"carrier": "BlueDart",  "tracking": "BD1"}', "no JSON at all", '{"keys": [1, 2]}', ""]
)
def test_a_body_without_secrets_stays_as_it_was_sent(body: str) -> None:
    assert masked_body(body) == body


@pytest.mark.parametrize("body", ["[" * 60_000 + '"key"', '{"key":' * 9_000, '"key": ' + "9" * 60_000])
def test_a_body_that_nobody_can_read_is_kept_all_the_same(body: str) -> None:
    assert masked_body(body)


QUERIES = [
    ("limit=5&status=Unshipped", "limit=5&status=Unshipped"),
    ("AWSAccessKeyId=abc&Signature=x%2By&Action=ListOrders", "AWSAccessKeyId=***&Signature=***&Action=ListOrders"),
    ("tok%65n=abc", "tok%65n=***"),
    (f"q={KEY}&limit=5", "q=***&limit=5"),
    (OPERATORS, "***"),
    ("keys=true&key", "keys=true&key"),
    ("", ""),
]


@pytest.mark.parametrize(("query", "kept"), QUERIES)
def test_secrets_of_a_query_are_masked(query: str, kept: str) -> None:
    assert masked_query(query) == kept


def test_a_key_is_masked_wherever_it_stands() -> None:
    assert masked_text(f"/v1/orders/{KEY}/shipments") == "/v1/orders/***/shipments"
    assert masked_text("/v1/orders/402-1234567-1234567") == "/v1/orders/402-1234567-1234567"


def test_a_sentence_that_quotes_a_secret_does_not() -> None:
    body = '{"number": 1234567890, "holder": "A"}'
    assert masked_sentence("number: It is text (it is 1234567890).", body) == "number: It is text (it is ***)."
