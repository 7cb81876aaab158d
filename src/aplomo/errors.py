"""Every error Aplomo raises, in one tree.

AplomoError                     exit
├── UsageError                   2    the call itself is wrong
├── InputError                   3    a comment, row or file that cannot be used
├── ConfigError                  3    a protocol, brand, prompt, calibration or setting is wrong
│   ├── DocumentError            3    ... with every problem at once, each with file and line
│   └── RuleError                3    a rule does not compile, or cannot judge a comment
├── StoreError                   3    the decision store cannot be used: package, address, version
├── SignatureRefused             3    a hook that is not from whom it says, or not from now
├── SendRefused                  1    nothing is sent: no credential or approval, or it has aged
├── ModelError                   4    the model gave nothing usable
│   ├── ModelMissing             4    the weights or a package are not there
│   ├── ModelRejected            4    the endpoint refuses the request: key, model name, bad request
│   ├── ModelUnavailable         4    retry: rate limit, 5xx, connection, time-out
│   └── BadCompletion            4    retry: broken, truncated, misshapen or refused answer
└── ToolError                    4    a support tool gave nothing usable
    ├── ToolUnavailable          4    retry: nothing was written; a read failed, 429, no connection
    ├── DeliveryUnknown          4    read back, then retry: a write may have taken (5xx, time-out)
    ├── DeliveryRefused          4    the tool refuses the write, and would again
    └── MessageGone              4    the message or thread is not there any more

An error says what is wrong (`message`), where (`where`) and what to do (`hint`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "AplomoError",
    "BadCompletion",
    "ConfigError",
    "DeliveryRefused",
    "DeliveryUnknown",
    "DocumentError",
    "InputError",
    "MessageGone",
    "ModelError",
    "ModelMissing",
    "ModelRejected",
    "ModelUnavailable",
    "Problem",
    "RuleError",
    "SendRefused",
    "SignatureRefused",
    "StoreError",
    "ToolError",
    "ToolUnavailable",
    "UsageError",
]


class AplomoError(Exception):
    """Base of all: `str(error)` is one readable line, `hint` says what to do about it."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 3
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class UsageError(AplomoError):
    """The call or the command line is wrong."""

    code = "usage"
    exit_code = 2


class InputError(AplomoError):
    """A comment, a row or an input file cannot be used."""

    code = "input"


class ConfigError(AplomoError):
    """Settings, prompts or calibration are wrong or missing."""

    code = "config"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing wrong in a document: `file:line: message (hint)`; lines count from 1."""

    file: str
    line: int
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}: {self.message}"
        return f"{text} ({self.hint})" if self.hint else text


class DocumentError(ConfigError):
    """A YAML document is refused; `problems` holds everything wrong with it, in line order."""

    code = "document"

    def __init__(self, kind: str, problems: Sequence[Problem]) -> None:
        self.kind = kind
        self.problems = tuple(
            sorted(set(problems), key=lambda p: (p.file, p.line, p.message, p.hint or ""))
        )
        count = len(self.problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{kind} refused: {count} problem{'s' * (count != 1)}\n{lines}")


class RuleError(ConfigError):
    """A rule does not compile, or fails on one comment: then it has no opinion."""

    code = "rule"


class _Unavailable(AplomoError):
    """What may work later: after `retry_after` seconds, where that is known."""

    retryable = True

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.retry_after = retry_after


class ModelError(AplomoError):
    """The model gave nothing usable.

    `reached` says whether the request got as far as the model; `spent` the input and output
    tokens that the failed call cost.
    """

    code = "model"
    exit_code = 4
    reached: bool = True
    spent: tuple[int, int] = (0, 0)


class ModelMissing(ModelError):
    """The weights, or the package that runs them, are not installed."""

    code = "model_missing"
    reached = False


class ModelRejected(ModelError):
    """The endpoint refuses the request, and would again: key, model name, malformed request."""

    code = "model_rejected"


class ModelUnavailable(_Unavailable, ModelError):
    """Rate limit, server error, broken connection or time-out; `retry_after` is in seconds."""

    code = "model_unavailable"


class BadCompletion(ModelError):
    """An answer came, but broken, truncated, of the wrong shape, or a refusal."""

    code = "bad_completion"
    retryable = True


class StoreError(AplomoError):
    """The decision store cannot be opened or is of another version."""

    code = "store"


class SignatureRefused(AplomoError):
    """A hook whose signature is missing or forged, or whose time is not now."""

    code = "signature"


class SendRefused(AplomoError):
    """Nothing was sent: no credential, no approval of this exact text, or the thread moved on."""

    code = "send_refused"
    exit_code = 1


class ToolError(AplomoError):
    """A support tool gave nothing usable."""

    code = "tool"
    exit_code = 4


class ToolUnavailable(_Unavailable, ToolError):
    """The tool cannot be reached and nothing was written; `retry_after` is in seconds."""

    code = "tool_unavailable"


class DeliveryUnknown(ToolError):
    """A write that may or may not have taken: 5xx, time-out, connection lost after sending.

    Only reading back tells; a blind retry would write twice.
    """

    code = "delivery_unknown"
    retryable = True


class DeliveryRefused(ToolError):
    """The tool refuses the write, and would again: permission, size, closed thread."""

    code = "delivery_refused"


class MessageGone(ToolError):
    """The message or thread is not in the tool any more."""

    code = "message_gone"
