"""The pieces of a recording: keys, slimmed answers, differences, secrets, shards, prices."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.answer.logit import answer_logit
from aplomo.errors import ConfigError
from aplomo.evals.price import price_of
from aplomo.evals.recording import store as store_module
from aplomo.evals.recording.key import canonical, key_of
from aplomo.evals.recording.nearest import difference, nearest
from aplomo.evals.recording.secrets import find_secrets
from aplomo.evals.recording.slim import slimmed
from aplomo.evals.recording.store import Store
from aplomo.evals.recording.tape import Recording
from aplomo.llm.port import Price
from aplomo.llm.reading import read_body
from aplomo.workspace import Workspace
from oracle import answer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def made(body: str, text: str = "{}", *, position: int = 0) -> Recording:
    return Recording(
        key=key_of("POST", "/v1", canonical(body)),
        position=position,
        method="POST",
        path="/v1",
        body=canonical(body),
        response={
            "status": {"code": 200, "message": "OK"},
            "headers": {},
            "body": {"string": text},
        },
        on="2026-01-01",
    )


@given(st.dictionaries(st.text(), JSON))
def test_the_order_of_a_body_is_no_part_of_its_key(body: dict[str, Any]) -> None:
    turned = dict(reversed(body.items()))
    packed = json.dumps(turned, indent=3).encode()
    assert canonical(packed) == canonical(json.dumps(body, ensure_ascii=False))
    assert canonical(canonical(packed)) == canonical(packed)


@given(st.dictionaries(st.text(), JSON), st.text(min_size=1))
def test_whatever_else_changes_is(body: dict[str, Any], name: str) -> None:
    changed = {**body, name: [body.get(name)]}
    same = name in ("id_slot", "cache_prompt")
    assert (canonical(json.dumps(body)) == canonical(json.dumps(changed))) == same


def test_host_and_headers_are_out_method_and_path_are_in() -> None:
    keys = {key_of(m, p, "{}") for m in ("POST", "GET") for p in ("/v1/a", "/v1/b")}
    assert len(keys) == 4
    assert key_of("post", "", "{}") == key_of("POST", "/", "{}")


def test_a_slimmed_answer_reads_the_same() -> None:
    labels = {"positive": ["yes", "no"], "service_failure": ["yes", "no"]}
    schema = {"properties": {name: {"enum": values} for name, values in labels.items()}}
    format_ = {"json_schema": {"schema": schema}}
    body = {"model": "m", "logprobs": True, "response_format": format_}
    text = json.dumps(answer(body))
    small = slimmed(text)
    assert len(small) < 0.6 * len(text)
    assert slimmed(small) == small
    full, kept = (read_body(t.encode(), structured=True, where="") for t in (text, small))
    assert (full.text, full.usage) == (kept.text, kept.usage)
    for name in labels:
        assert answer_logit(full.tokens, name) == answer_logit(kept.tokens, name) is not None
    for word in ("created", "timings", '"id"'):
        assert word in text
        assert word not in small


@pytest.mark.parametrize("text", ["[]", "3", '{"a":1}', '{"choices":null}', '{"choices":[1]}'])
def test_other_answers_stay_as_they_are(text: str) -> None:
    assert json.loads(slimmed(text)) == json.loads(text)


def test_the_difference_is_told_part_by_part_and_bounded() -> None:
    def body(system: str, user: str) -> str:
        roles = [("system", system), ("user", user)]
        messages = [{"role": role, "content": text} for role, text in roles]
        return canonical(json.dumps({"messages": messages, "temperature": 0.0}))

    old = made(body("Answer yes or no.\nBe kind.", "hello"))
    told = difference(old.body, body("Answer yes or no.\nBe brief.", "hello"))
    assert told.splitlines() == [
        "message 1 (system):",
        "  --- recorded",
        "  +++ asked",
        "  @@ -1,2 +1,2 @@",
        "   Answer yes or no.",
        "  -Be kind.",
        "  +Be brief.",
    ]
    huge = difference(old.body, body("\n".join(map(str, range(9999))), "x" * 99_999))
    assert len(huge) < 4000
    far = made(body("nothing alike", "at all"))
    assert nearest(body("other", "hello"), [far, old]) is old
    assert nearest("not json", [made("neither")]) is None


@pytest.mark.parametrize(
    "text",
    [
        "sk-proj-abcdefghijklmnop1234",
        "Bearer abcdefghij1234567890",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk",
        "Set-Cookie: a=b",
        "openai-organization",
        "ana.perez@correo.es",
        "-----BEGIN RSA PRIVATE KEY-----",
        "AKIAABCDEFGHIJKLMNOP",
    ],
)
def test_secrets_are_found_wherever_they_are(text: str) -> None:
    for one in (made(json.dumps({"a": text})), made("{}", text)):
        (told,) = find_secrets([one])
        assert text[4:] not in told
        assert list(find_secrets([one], {text})) == [] or "Bearer" in text or ":" in text


@pytest.mark.parametrize(
    "text",
    [
        "ana@example.com",
        "a@correo.example.com",
        "@marca.es hola",
        "bearer of good news",
        "risk-free",
    ],
)
def test_what_is_no_secret_passes(text: str) -> None:
    assert list(find_secrets([made("{}", text)])) == []


def test_many_recordings_are_split_and_joined_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "ENTRIES", 10)
    store = Store(tmp_path / "recordings", tmp_path / "work")
    few = [made(json.dumps({"n": n})) for n in range(10)]
    store.save(few)
    assert [path.name for path in store.folder.iterdir()] == ["all.json"]
    alone = (store.folder / "all.json").read_bytes()
    many = [*few, *(made(json.dumps({"n": n})) for n in range(10, 60))]
    store.save(reversed(many))
    names = {path.stem for path in store.folder.iterdir()}
    assert names == {one.key[0] for one in many}
    assert store.load() == sorted(many, key=lambda one: one.place)
    store.save(few)
    assert [path.name for path in store.folder.iterdir()] == ["all.json"]
    assert (store.folder / "all.json").read_bytes() == alone


def test_a_crash_between_two_layouts_doubles_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "recordings", tmp_path / "work")
    one, other = made('{"n":1}'), made('{"n":1}', "[]", position=1)
    store.save([one, other])
    (store.folder / "0.json").write_bytes((store.folder / "all.json").read_bytes())
    store.note(other)
    assert store.load() == [one, other]


def test_what_is_put_aside_is_kept_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "recordings", tmp_path / "work")
    one = made('{"n":1}')
    store.put_aside([one])
    store.put_aside([one, replace(one, position=1)])
    assert [kept.position for kept in store.aside()] == [0, 1]
    assert (tmp_path / "work" / ".gitignore").read_text() == "*\n"


def test_prices_under_a_name_that_nobody_reads_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'evals\.prices'"):
        price_of(Workspace(settings={"evals": {"prices": {"input": 1, "output": 1}}}))


def test_prices() -> None:
    def workspace(price: object) -> Workspace:
        return Workspace(settings={"evals": {"price": price}})

    assert price_of(workspace({"input": 2, "output": "10"})) == (Price(input=2, output=10), "USD")
    euros = price_of(workspace({"input": 0, "output": 1.5, "currency": "EUR"}))
    assert euros == (Price(input=0, output=1.5), "EUR")
    assert price_of(Workspace()) is None
    nan: dict[str, float] = {"input": float("nan"), "output": 1}
    endless: dict[str, float] = {"input": 1, "output": float("inf")}
    parts = ({"input": 1}, {"input": -1, "output": 1}, {"input": "a", "output": 1}, 3)
    for wrong in (*parts, nan, endless, {"input": 1, "output": 1, "outputs": 2}):
        with pytest.raises(ConfigError, match=r"evals\.price"):
            price_of(workspace(wrong))
