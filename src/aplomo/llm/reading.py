"""What servers send, read defensively: the text, and its tokens where they line up with it."""

import base64
import codecs
import json
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypeVar, cast

from pydantic import BaseModel, NonNegativeInt, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from aplomo.errors import BadCompletion, ModelError
from aplomo.llm.failures import from_status, one_line
from aplomo.llm.port import Completion, Token, Usage
from aplomo.plain_text import encodable

__all__ = ["RawAnswer", "completion_from", "line_up", "read_body", "read_state"]

_FENCED = re.compile(r"\s*```[a-zA-Z]*\s*\n(.*?)\s*```\s*", re.DOTALL)
_CUT = frozenset({"length", "max_tokens", "MAX_TOKENS"})
_FILTERED = frozenset({"content_filter", "SAFETY", "safety"})


# There are hundreds of these in an answer: dictionaries are made faster than models.
class _Alternative(TypedDict):
    token: str
    logprob: float
    bytes: NotRequired[list[int] | None]


class _Generated(_Alternative):
    top_logprobs: NotRequired[list[_Alternative]]


class _Logprobs(TypedDict):
    content: NotRequired[list[_Generated]]


class _Message(BaseModel):
    content: str | list[Any] | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None
    logprobs: Any = None


class _Count(BaseModel):
    prompt_tokens: NonNegativeInt = 0
    completion_tokens: NonNegativeInt = 0


class _Body(BaseModel):
    choices: list[_Choice]
    usage: Any = None


class _Embedding(BaseModel):
    embedding: str


class _Embeddings(BaseModel):
    data: list[_Embedding]
    usage: Any = None


_LOGPROBS = TypeAdapter(_Logprobs)
Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """One answer as it came, before it is judged usable.

    `finish` is the server's reason for stopping, `logprobs` an OpenAI object, `spent` the input
    and output tokens.
    """

    text: str
    finish: str | None = None
    refusal: str | None = None
    logprobs: Any = None
    spent: tuple[int, int] = (0, 0)


def read_body(data: bytes, *, structured: bool, where: str) -> Completion:
    """Read the body of a chat completion; `structured` when JSON was asked for.

    Raises BadCompletion when it is not one, or holds no usable answer; the error of the status
    inside when the server reports a failure under HTTP 200.
    """
    body = _validated(_Body, data, "a chat completion", where)
    if not body.choices:
        raise BadCompletion("the answer holds no choices", where=where)
    choice = body.choices[0]
    answer = RawAnswer(
        text=_joined(choice.message.content),
        finish=choice.finish_reason,
        refusal=choice.message.refusal,
        logprobs=choice.logprobs,
        spent=_spent(body.usage),
    )
    return completion_from(answer, structured=structured, where=where)


def read_state(data: bytes, *, where: str) -> Completion:
    """Read the body of an embedding: one vector of 32-bit floats in base64.

    Raises BadCompletion when it is not one, as `read_body` does.
    """
    body = _validated(_Embeddings, data, "an embedding", where)
    try:
        packed = base64.b64decode(body.data[0].embedding, validate=True)
        state = struct.unpack(f"<{len(packed) // 4}f", packed)
    except (IndexError, ValueError, struct.error):
        raise BadCompletion("the embedding is no vector in base64", where=where) from None
    usage = Usage(input_tokens=_spent(body.usage)[0])
    return Completion(text="", usage=usage, state=state)


def completion_from(answer: RawAnswer, *, structured: bool, where: str) -> Completion:
    """The completion in `answer`; a code fence around it is dropped when JSON was asked for.

    Raises BadCompletion, with what it cost, when the answer is cut, filtered, refused or empty.
    """
    text = encodable(answer.text).strip()
    if structured and (fenced := _FENCED.fullmatch(text)):
        text = fenced[1]
    if fault := _fault(answer, text):
        error = BadCompletion(fault, where=where)
        error.spent = answer.spent
        raise error
    usage = Usage(calls=1, input_tokens=answer.spent[0], output_tokens=answer.spent[1])
    return Completion(text=text, usage=usage, tokens=line_up(text, answer.logprobs))


def _validated(kind: type[Form], data: bytes, what: str, where: str) -> Form:
    """`data` as a `kind`; the failure that it reports, or that it is, is raised."""
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        raise _not_json(data, where) from None
    if isinstance(payload, dict):
        given = cast("dict[str, Any]", payload)
        if given.get("error") and not given.get("choices"):
            raise _reported(given["error"], where)
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadCompletion(f"not {what}: {place}: {first['msg']}", where=where) from None


def line_up(text: str, logprobs: Any) -> tuple[Token, ...]:
    """The tokens that make `text`, from an OpenAI `logprobs` object; () when they do not.

    Servers strip what surrounds the answer (spaces, a code fence): tokens outside are dropped and
    those across an edge are cut. A character split over several tokens is the last one's.
    """
    try:
        generated = _LOGPROBS.validate_python(logprobs).get("content", [])
    except ValidationError:
        return ()
    pieces = _pieces(generated)
    start = "".join(pieces).rfind(text)
    if not text or start < 0:
        return ()
    tokens: list[Token] = []
    position, end = 0, start + len(text)
    for piece, token in zip(pieces, generated, strict=True):
        begin, position = position, position + len(piece)
        if begin < start or position > end:
            piece = piece[max(0, start - begin) : max(0, end - begin)]
        if piece or (tokens and begin < end):
            tokens.append(Token(text=piece, alternatives=_alternatives(token)))
    return tuple(tokens)


def _spent(usage: Any) -> tuple[int, int]:
    """Input and output tokens; 0 where a server counts none, or nonsense."""
    try:
        count = _Count.model_validate(usage)
    except ValidationError:
        return 0, 0
    return count.prompt_tokens, count.completion_tokens


def _fault(answer: RawAnswer, text: str) -> str | None:
    if answer.refusal:
        return f"the model refuses: {one_line(answer.refusal)}"
    if answer.finish in _FILTERED:
        return "the server's content filter stopped the answer (content_filter)"
    if answer.finish in _CUT:
        return "the answer is cut at the token limit (length)"
    return None if text else "the answer holds no text"


def _joined(content: str | list[Any] | None) -> str:
    """The text of a message, whose content some servers send in parts."""
    if not isinstance(content, list):
        return content or ""
    parts = (cast("dict[str, Any]", part) for part in content if isinstance(part, dict))
    return "".join(str(part.get("text", "")) for part in parts)


def _pieces(generated: Sequence[_Generated]) -> list[str]:
    """Each token's text, decoded over the token edges where the server gives bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    given = ((token["token"], token.get("bytes")) for token in generated)
    return [
        text if encoded is None else decoder.decode(_encoded(encoded)) for text, encoded in given
    ]


def _encoded(numbers: list[int]) -> bytes:
    """The bytes of a token, whatever a server sent for them."""
    try:
        return bytes(numbers)
    except ValueError:
        return bytes(number & 255 for number in numbers)


def _alternatives(token: _Generated) -> dict[str, float]:
    found = {token["token"]: token["logprob"]}
    for item in token.get("top_logprobs", ()):
        found[item["token"]] = item["logprob"]
    return found


def _not_json(data: bytes, where: str) -> BadCompletion:
    start = data[:200].lstrip().lower()
    if start.startswith(b"<"):
        return BadCompletion(
            "the endpoint answered with a web page, not JSON",
            where=where,
            hint="check the base URL: it often ends in /v1",
        )
    what = "is empty" if not start else "is not JSON, or is cut short"
    return BadCompletion(f"the endpoint's answer {what}", where=where)


def _reported(error: Any, where: str) -> ModelError:
    """A failure that the server reports inside an HTTP 200 answer."""
    is_object = isinstance(error, dict)
    fields = cast("dict[str, Any]", error) if is_object else {"message": error}
    code = fields.get("code")
    status = code if isinstance(code, int) and 400 <= code < 600 else 502
    return from_status(status, one_line(str(fields.get("message", ""))), headers={}, where=where)
