"""How sure the model was: the log-odds of "yes" at the token where an answer begins."""

import math
import re
from collections.abc import Sequence

from aplomo.llm.port import Token

__all__ = ["answer_logit"]

# Probability given to a label that is not among the alternatives the server listed.
_FLOOR = 1e-9


def answer_logit(tokens: Sequence[Token], question: str) -> float | None:
    """Log P(yes) − log P(no) where the answer to `question` begins in the generated JSON.

    None when the tokens hold no such place, or list neither label there. Tokens may split the
    text anywhere: an alternative counts when it agrees with what stands before the answer inside
    its token, and what follows begins like the label.
    """
    text = "".join(token.text for token in tokens)
    place = re.search(rf'"{re.escape(question)}"\s*:\s*"', text)
    if place is None:
        return None
    token, offset = _token_at(tokens, place.end())
    if token is None:
        return None
    before = token.text[:offset]
    odds = {"yes": 0.0, "no": 0.0}
    for alternative, logprob in token.alternatives.items():
        rest = alternative[offset:].lower()
        if not rest or not alternative.startswith(before):
            continue
        for label in odds:
            if label.startswith(rest) or rest.startswith(label):
                odds[label] += _probability(logprob)
    if not any(odds.values()):
        return None
    return math.log(max(odds["yes"], _FLOOR)) - math.log(max(odds["no"], _FLOOR))


def _probability(logprob: float) -> float:
    """Of whatever a server sent: nothing is likelier than certain, and NaN says nothing."""
    return 0.0 if math.isnan(logprob) else math.exp(min(logprob, 0.0))


def _token_at(tokens: Sequence[Token], position: int) -> tuple[Token | None, int]:
    start = 0
    for token in tokens:
        if position < start + len(token.text):
            return token, position - start
        start += len(token.text)
    return None, 0
