"""Signatures: vectors that others published, and every way of forging that we know of."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from aplomo.embed.senders import SCHEMES, Scheme
from aplomo.embed.signature import TOLERANCE, Verifier
from aplomo.errors import ConfigError, SignatureRefused

NOW = 1_700_000_000.0
BODY = '{"text": "¡Hola, qué tal!"}'.encode()
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TIMED = [name for name, scheme in SCHEMES.items() if scheme.timestamp]
NAMED = [name for name, scheme in SCHEMES.items() if scheme.id]


def secret(name: str, number: int = 1) -> str:
    text = f"the secret number {number}"
    return base64.b64encode(text.encode()).decode() if name in {"standard"} else text * 4


def verifier(name: str, *numbers: int, at: float = NOW) -> Verifier:
    secrets = [secret(SAME_KEYS.get(name, name), number) for number in numbers or (1,)]
    return replace(Verifier.of(name, secrets), clock=lambda: at)


SAME_KEYS = {"request-tracker": "standard"}


def test_the_vector_of_standard_webhooks_holds() -> None:
    headers = {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "Webhook-Timestamp": "1614265330",
        "Webhook-Signature": "v1a,other v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    made = replace(Verifier.of("standard", [WHSEC]), clock=lambda: 1614265330.0)
    found = made.verify(headers, b'{"test": 2432232314}')
    assert found.id == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert found.at == datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC)


def test_the_vector_of_x_hub_signature_256_holds() -> None:
    """The example that GitHub publishes for the header Meta uses as well."""
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    made = Verifier.of("meta", ["It's a Secret to Everybody"])
    found = made.verify({"X-Hub-Signature-256": signature}, b"Hello, World!")
    assert (found.id, found.at) == (f"sha256:{hashlib.sha256(b'Hello, World!').hexdigest()}", None)


# What each sender documents, written out once more: header, and the MAC of exactly what.
def b64(digest: str, key: bytes, *parts: bytes) -> str:
    return base64.b64encode(hmac.digest(key, b"".join(parts), digest)).decode()


def hexed(digest: str, key: bytes, *parts: bytes) -> str:
    return hmac.digest(key, b"".join(parts), digest).hex()


KEY = b"shared"
ISO, UNIX, MILLI = "2023-11-14T22:13:20Z", "1700000000", "1700000000123"
FREESCOUT = hashlib.md5(b"sharedwebhook_key").hexdigest().encode()
DOCUMENTED: dict[str, dict[str, str]] = {
    "zendesk": {
        "X-Zendesk-Webhook-Signature": b64("sha256", KEY, ISO.encode(), BODY),
        "X-Zendesk-Webhook-Signature-Timestamp": ISO,
        "X-Zendesk-Webhook-Invocation-Id": "01HF",
    },
    "front": {
        "X-Front-Signature": b64("sha256", KEY, MILLI.encode(), b":", BODY),
        "X-Front-Request-Timestamp": MILLI,
    },
    "front-rule": {"X-Front-Signature": b64("sha1", KEY, BODY)},
    "chatwoot": {
        "X-Chatwoot-Signature": "sha256=" + hexed("sha256", KEY, UNIX.encode(), b".", BODY),
        "X-Chatwoot-Timestamp": UNIX,
        "X-Chatwoot-Delivery": "7f5b",
    },
    "help-scout": {"X-HelpScout-Signature": b64("sha1", KEY, BODY)},
    "freescout": {"X-FreeScout-Signature": b64("sha1", FREESCOUT, BODY)},
    "zammad": {
        "X-Hub-Signature": "sha1=" + hexed("sha1", KEY, BODY),
        "X-Zammad-Delivery": "3a2c",
    },
    "intercom": {"X-Hub-Signature": "sha1=" + hexed("sha1", KEY, BODY)},
    "meta": {"X-Hub-Signature-256": "sha256=" + hexed("sha256", KEY, BODY).upper()},
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_what_each_sender_documents_is_accepted(name: str) -> None:
    made = replace(Verifier.of(name, [KEY.decode()]), clock=lambda: NOW)
    headers = DOCUMENTED[name]
    found = made.verify(headers, BODY)
    expected = [v for k, v in headers.items() if k.endswith(("Invocation-Id", "Delivery"))]
    assert found.id == (expected[0] if expected else f"sha256:{hashlib.sha256(BODY).hexdigest()}")
    assert found.at is None or found.at.date().isoformat() == "2023-11-14"


def test_every_sender_is_tried() -> None:
    assert set(SCHEMES) == {*DOCUMENTED, "standard", "request-tracker"}


@pytest.mark.parametrize("name", SCHEMES)
def test_one_changed_bit_of_body_signature_or_signed_header_is_refused(name: str) -> None:
    made, scheme = verifier(name), SCHEMES[name]
    headers = made.headers(BODY, id="d-1")
    assert made.verify(headers, BODY)
    for body in (BODY + b" ", BODY[:-1], b"", BODY.replace(b"Hola", b"hola")):
        with pytest.raises(SignatureRefused, match="does not hold"):
            made.verify(headers, body)
    for header in (scheme.signature, *scheme.signed):
        for forged in (_flipped(headers[header]), headers[header] + "0", "ñ", "\x00"):
            with pytest.raises(SignatureRefused, match="does not hold"):
                made.verify(headers | {header: forged}, BODY)
        for absent in ({k: v for k, v in headers.items() if k != header}, headers | {header: ""}):
            with pytest.raises(SignatureRefused, match=f"header {header} is missing"):
                made.verify(absent, BODY)


@pytest.mark.parametrize("name", SCHEMES)
def test_a_signature_of_another_secret_digest_or_sender_is_refused(name: str) -> None:
    made, scheme = verifier(name), SCHEMES[name]
    headers = made.headers(BODY, id="d-1")
    weaker: Scheme = replace(scheme, digest="sha1" if scheme.digest == "sha256" else "sha256")
    forger = replace(made, scheme=weaker)
    for forged in (verifier(name, 2).headers(BODY, id="d-1"), forger.headers(BODY, id="d-1")):
        with pytest.raises(SignatureRefused):
            made.verify(forged, BODY)
    bare = headers[scheme.signature].removeprefix(scheme.prefix)
    for value in {bare, f"none={bare}", f"v2,{bare}"} - {headers[scheme.signature]}:
        with pytest.raises(SignatureRefused):
            made.verify(headers | {scheme.signature: value}, BODY)


@pytest.mark.parametrize("name", SCHEMES)
def test_two_secrets_hold_while_one_replaces_the_other(name: str) -> None:
    both = verifier(name, 2, 1)
    for number in (1, 2):
        assert both.verify(verifier(name, number).headers(BODY, id="d-1"), BODY)
    with pytest.raises(SignatureRefused):
        both.verify(verifier(name, 3).headers(BODY, id="d-1"), BODY)


@pytest.mark.parametrize("name", TIMED)
def test_a_signed_timestamp_holds_for_five_minutes_both_ways(name: str) -> None:
    headers = verifier(name).headers(BODY, id="d-1")
    for off in (-TOLERANCE, 0, TOLERANCE):
        assert verifier(name, at=NOW + off).verify(headers, BODY).at is not None
    with pytest.raises(SignatureRefused, match=r"301 s in the past"):
        verifier(name, at=NOW + 301).verify(headers, BODY)
    with pytest.raises(SignatureRefused, match=r"301 s in the future"):
        verifier(name, at=NOW - 301).verify(headers, BODY)


@pytest.mark.parametrize("name", TIMED)
def test_a_fresh_timestamp_cannot_be_put_on_an_old_signature(name: str) -> None:
    scheme = SCHEMES[name]
    assert scheme.timestamp is not None
    headers = verifier(name).headers(BODY, id="d-1")
    later = verifier(name, at=NOW + 900)
    fresh = later.headers(BODY, id="d-1")[scheme.timestamp]
    with pytest.raises(SignatureRefused, match="does not hold"):
        later.verify(headers | {scheme.timestamp: fresh}, BODY)


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize(
    "written", ["nan", "inf", "-1", "1e9", "2023-11-14T22:13:20", "99999999999999", "١٧", "9" * 40]
)
def test_an_odd_timestamp_is_refused_even_when_signed(name: str, written: str) -> None:
    made, scheme = verifier(name), SCHEMES[name]
    assert scheme.timestamp is not None
    headers = made.headers(BODY, id="d-1") | {scheme.timestamp: written}
    headers[scheme.signature] = scheme.sign(made.keys[0], headers, BODY).decode()
    with pytest.raises(SignatureRefused, match=r"cannot be read|lies"):
        made.verify(headers, BODY)


@pytest.mark.parametrize("name", NAMED)
def test_the_delivery_id_is_the_sender_s(name: str) -> None:
    made = verifier(name)
    assert made.verify(made.headers(BODY, id="d-77"), BODY).id == "d-77"
    endless = made.verify(made.headers(BODY, id="d" * 5000), BODY).id
    assert endless == f"sha256:{hashlib.sha256(BODY).hexdigest()}"


def test_hexadecimal_may_be_written_either_way_but_base64_may_not() -> None:
    made = verifier("meta")
    headers = made.headers(BODY)
    assert made.verify({k: v.upper() for k, v in headers.items()}, BODY)
    made = verifier("help-scout")
    headers = made.headers(BODY)
    with pytest.raises(SignatureRefused):
        made.verify({k: v.swapcase() for k, v in headers.items()}, BODY)


def test_only_the_first_few_of_many_signatures_are_tried() -> None:
    made = verifier("standard")
    headers = made.headers(BODY, id="d-1")
    good = headers["webhook-signature"]
    assert made.verify(headers | {"webhook-signature": "v1,x " * 7 + good}, BODY)
    with pytest.raises(SignatureRefused):
        made.verify(headers | {"webhook-signature": "v1,x " * 500 + good}, BODY)


@given(body=st.binary(max_size=200), signature=st.text(max_size=60), stamp=st.text(max_size=20))
def test_whatever_comes_is_refused_in_the_same_words(
    body: bytes, signature: str, stamp: str
) -> None:
    for name, scheme in SCHEMES.items():
        headers = dict.fromkeys(scheme.signed, stamp) | {scheme.signature: signature}
        with pytest.raises(SignatureRefused):
            verifier(name).verify(headers, body)


@given(text=st.text(max_size=100), identifier=st.from_regex(r"[\x21-\x7e]{1,30}", fullmatch=True))
def test_the_family_s_own_library_agrees(text: str, identifier: str) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    ours = replace(Verifier.of("standard", [WHSEC]), clock=at.timestamp)
    body = text.encode()
    headers = ours.headers(body, id=identifier)
    theirs = Webhook(WHSEC)
    assert theirs.sign(identifier, at, text) == headers["webhook-signature"]
    theirs.verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        theirs.verify(body + b".", headers, json_parse=False)
    with pytest.raises(SignatureRefused):
        ours.verify(headers, body + b".")


def test_a_verifier_without_a_usable_secret_is_not_made() -> None:
    for name, secrets in [("meta", []), ("meta", [""]), ("meta", ["good", ""]), ("standard", [""])]:
        with pytest.raises(ConfigError, match="missing or empty"):
            Verifier.of(name, secrets)
    with pytest.raises(ConfigError, match="not base64"):
        Verifier.of("standard", ["whsec_¡no!"])
    with pytest.raises(ConfigError, match="no signature scheme 'zendes'"):
        Verifier.of("zendes", ["s"])


def test_a_secret_is_in_no_repr() -> None:
    assert "hunter2" not in repr(Verifier.of("meta", ["hunter2"]))


def _flipped(value: str) -> str:
    last = value.rstrip("=")[-2]
    place = value.rindex(last)
    return value[:place] + ("A" if last != "A" else "B") + value[place + 1 :]
