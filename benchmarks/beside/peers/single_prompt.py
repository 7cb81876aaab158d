"""One call that is told everything: the whole protocol, the voice, examples. Nothing is enforced.

The answer's form alone is held: an outcome of the protocol, and a reply, empty for silence.
"""

import json
from typing import Any

from openai import OpenAI

from benchmarks.beside.peers.line import Peer, Plain, Said, Told, serve
from benchmarks.beside.peers.telling import LANGUAGES, known, voice, whole_protocol, worked

INSTRUCTIONS = """You answer public comments for the brand {brand}, by its protocol.

Decide which outcome the comment below gets: walk the protocol's questions from the start, each \
answered yes or no, until you reach an outcome. Then, only if the outcome says to write a public \
reply, write it in {language}; for every other outcome leave the reply empty.

# Protocol
{protocol}

# How replies are written
{voice}

Answer with JSON only: {{"outcome": "...", "reply": "..."}}"""
LONGEST = 400


def open_peer(told: Told) -> Peer:
    """One chat completion a comment, the static part first so that the server keeps it read."""
    client = OpenAI(base_url=told.url, api_key="none", max_retries=0, timeout=300)
    form: Any = {"type": "json_schema", "json_schema": _schema(told.brief)}

    def peer(case: Plain) -> Said:
        messages: Any = [*_static(told.brief, case["lang"]), _asked(told.brief, case)]
        answer = client.chat.completions.create(
            model=told.model, messages=messages, response_format=form, temperature=0, max_tokens=300
        )
        said = json.loads(answer.choices[0].message.content or "")
        return Said(outcome=said["outcome"], reply=said["reply"].strip() or None)

    return peer


def _schema(brief: Plain) -> Plain:
    properties = {
        "outcome": {"type": "string", "enum": list(brief["outcomes"])},
        "reply": {"type": "string", "maxLength": LONGEST},
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"name": "answer", "strict": True, "schema": schema}


def _static(brief: Plain, lang: str) -> list[Plain]:
    instructions = INSTRUCTIONS.format(
        brand=brief["brand"],
        language=LANGUAGES.get(lang, lang),
        protocol=whole_protocol(brief),
        voice=voice(brief, lang),
    )
    return [{"role": "system", "content": instructions}, *worked(brief, lang)]


def _asked(brief: Plain, case: Plain) -> Plain:
    facts = "".join(f"\n- {fact}" for fact in case["facts"])
    stated = f"Facts that a reply may state:{facts}\n" if facts else ""
    return {"role": "user", "content": f"{stated}{case['shown']}{known(brief, case)}"}


if __name__ == "__main__":
    serve(open_peer)
