"""What of an answer is kept: all that is read, nothing that differs without meaning anything.

Left out, before an answer is stored: ids, times and cache counts, which differ at every call; and
the alternatives of tokens that are no answer, which are nine tenths of the bytes. The words, the
log-probabilities of answers and the token counts are the server's own.
"""

import json
import re
from contextlib import suppress
from typing import Any, cast

__all__ = ["slimmed"]

_PASSING = frozenset({"id", "created", "timings", "service_tier"})
_COUNTS = frozenset({"prompt_tokens", "completion_tokens", "total_tokens"})
# An answer, or its beginning, at the end of a token; punctuation of the JSON may surround it.
_ANSWER = re.compile(r"(?<![^\W_])(?:y(?:es?)?|no?)[\W_]*$", re.IGNORECASE)


def slimmed(text: str) -> str:
    """The JSON text of a chat completion, slimmed; any other JSON comes back as it is."""
    data = json.loads(text)
    if not isinstance(data, dict) or "choices" not in data:
        return text
    answer = cast("dict[str, Any]", data)
    kept = {name: answer[name] for name in answer if name not in _PASSING}
    usage = kept.get("usage")
    if isinstance(usage, dict):
        counts = cast("dict[str, Any]", usage)
        kept["usage"] = {name: counts[name] for name in counts if name in _COUNTS}
    with suppress(
        AttributeError, KeyError, TypeError
    ):  # choices of a shape of their own stay as they are
        for token in _tokens(kept["choices"]):
            token.pop("id", None)
            if "top_logprobs" in token:
                token["top_logprobs"] = _kept_alternatives(token)
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def _tokens(choices: Any) -> list[dict[str, Any]]:
    """Every generated token of every choice, where there are well-formed ones."""
    found: list[dict[str, Any]] = []
    for choice in choices or ():
        logprobs: Any = choice.get("logprobs") or {"content": None}
        found += logprobs["content"] or ()
    return found


def _kept_alternatives(token: dict[str, Any]) -> list[dict[str, Any]]:
    """All the alternatives where yes or no is the likeliest or could be; none elsewhere."""
    listed = cast("list[dict[str, Any]]", token["top_logprobs"] or [])
    if not any(_ANSWER.search(str(item.get("token", ""))) for item in [token, *listed[:2]]):
        return []
    return [{name: item[name] for name in ("token", "logprob") if name in item} for item in listed]
