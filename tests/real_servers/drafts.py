"""What the tests deliver: a payload made by hand, and a decision with a stubbed model."""

import json

from aplomo.embed.adapter import Delivered, Inbound, Payload, draft_key

REPLY = "Hola, Ana: sentimos lo ocurrido con tu pedido. Te escribimos por privado."
RECORD = {"schema": "aplomo.decision/1", "id": "d-1", "why": "service_failure: yes → restore"}


def key_for(inbound: Inbound, version: str = "1") -> str:
    return draft_key(inbound.ref, version)


def payload(
    key: str, reply: str = REPLY, *, replaces: Delivered | None = None, note: str = ""
) -> Payload:
    record = {**RECORD, "draft_key": key, "reply": {"text": reply}}
    text = note or f"{reply}\n\nservice_failure: sí («llegó roto»)\n\nref: {key}"
    return Payload(
        key=key,
        lang="es",
        reply=reply,
        private="Pídele el número de pedido.",
        why=("service_failure: sí («llegó roto»)",),
        note=text,
        note_html=text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>"),
        record=record,
        record_json=json.dumps(record).encode(),
        replaces=replaces,
    )
