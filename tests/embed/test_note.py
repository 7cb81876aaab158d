"""What the agent sees: readable, in their language, and harmless."""

import json
from datetime import UTC, datetime
from typing import Any

from inline_snapshot import snapshot

from aplomo.decision.replay import replay
from aplomo.embed.adapter import Inbound, Message, Party, Ref
from aplomo.embed.conformance.world import record
from aplomo.embed.note import payload
from small_world import GOOD, PRAISE, PROTOCOL, drafter, reply, said

KEY = "ab" * 16


def made(**more: str) -> dict[str, Any]:
    author = Party(id="lucia", kind="customer")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    message = Message(
        id="m1", text="mi café", author=author, visibility="public", direction="incoming",
        created_at=at,
    )  # fmt: skip
    ref = Ref(adapter="a", account="x", thread_id="t", message_id="m1")
    return record(Inbound(ref=ref, message=message, thread=(message,)), **more)


def test_the_note_says_what_why_and_where_from() -> None:
    assert payload(made(), KEY).note == snapshot("""\
Respuesta sugerida: léela antes de enviarla

Respuesta:
Sentimos la espera: tu café sale hoy.

En privado:
¿Nos das tu número de pedido?

Por qué:
- service_failure → sí (modelo, 97%): “mi café”
- Por tanto: restore · responsable: customer_care L1 · plazo: 2 horas
- Escrito por: modelo; 1 de 1 comprobaciones superadas
- Protocolo: conformance 1

ref: abababababababababababababababab
""")


def test_the_agents_language_comes_first() -> None:
    note = payload(made(), KEY, lang="en")
    assert "Suggested reply" in note.note
    assert 3 <= len(note.why) <= 6
    assert "within 2 hours" in note.note


def test_html_and_invisible_characters_stay_out() -> None:
    note = payload(made(reply="<img src=x onerror=y>\u202e", evidence="<script>\u200b"), KEY)
    assert "<img" not in note.note_html
    assert "<script>" not in note.note_html
    assert "\u202e" not in note.note
    assert json.loads(note.record_json) == note.record


def test_a_draft_that_is_not_ready_is_no_reply() -> None:
    note = payload(made() | {"status": "needs_human"}, KEY)
    assert note.reply == ""
    assert "no lo envíes tal cual" in note.note


def test_questions_have_their_own_words_and_replay_goes_the_same_way() -> None:
    maker, _ = drafter(said("yes", positive="Me encanta"), reply(GOOD))
    decision = maker.draft(PRAISE).to_dict()
    assert payload(decision, KEY, protocol=PROTOCOL).why[0].startswith("¿Es un elogio? → sí")
    assert replay(decision, PROTOCOL).same
    changed = decision | {"answers": decision["answers"] | {
        "positive": decision["answers"]["positive"] | {"answer": "no"}}}  # fmt: skip
    found = replay(changed, PROTOCOL)
    assert not found.same
    assert any("path" in difference for difference in found.differences)
