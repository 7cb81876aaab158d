"""Rules: CEL expressions over a comment, type-checked when the protocol is loaded.

What a rule may read, all of it as a person sees it (`aplomo.comment.visible`):

=================  ===================  ==========================================================
text               string               the comment
said               string               what the person said in the thread (all but the brand),
                                        then the comment: lower case, no accents, single spaces
channel            string               where it was written
lang               string               ISO 639-1 code, "" when unknown
author.id          string
author.name        string
author.kind        string               "unknown" unless the channel tells
author.followers   int
author.verified    bool
author.customer    bool
thread             list of maps         the messages before it, oldest first: .text .author .kind
history            list of strings      earlier comments by the same author
meta               map of strings       whatever else the caller gave; `has(meta.plan)` asks first
=================  ===================  ==========================================================

Regular expressions are RE2: linear in the text, whatever the pattern. CEL has no loops and no
side effects, so that a protocol from anywhere is safe to load.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

from aplomo.comment import Comment, Turn, visible
from aplomo.document import did_you_mean
from aplomo.errors import RuleError
from aplomo.words import fold

__all__ = ["VARIABLES", "Rule", "RuleError", "compile_rule"]

_TEXT = cel.Type.STRING
VARIABLES = {
    "text": _TEXT,
    "said": _TEXT,
    "channel": _TEXT,
    "lang": _TEXT,
    "author.id": _TEXT,
    "author.name": _TEXT,
    "author.kind": _TEXT,
    "author.followers": cel.Type.INT,
    "author.verified": cel.Type.BOOL,
    "author.customer": cel.Type.BOOL,
    "thread": cel.Type.List(cel.Type.Map(_TEXT, _TEXT)),
    "history": cel.Type.List(_TEXT),
    "meta": cel.Type.Map(_TEXT, _TEXT),
}
"""The names that a rule may use, and their CEL types."""

_environment = cel.NewEnv(variables=VARIABLES)


def _found(text: str, pattern: str) -> bool:
    return _compiled(pattern).search(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Any:
    import re2

    library: Any = re2  # has no complete types
    options = library.Options()
    options.log_errors = False
    return library.compile(pattern, options)


# CEL compiles a pattern anew at every evaluation, which takes ten times longer than all else. So
# rules are evaluated with a `matches` of ours, by the same RE2, which keeps what it has compiled.
_overload = cel.Overload("found", cel.Type.BOOL, [_TEXT, _TEXT], is_member=True, impl=_found)
_evaluating = cel.NewEnv(variables=VARIABLES, functions=[cel.FunctionDecl("found", [_overload])])
# A question mark is a broken pattern: a rule that builds patterns out of the comment is found out.
_sample = Comment(text="?", thread=(Turn(text="?"),), history=("?",))


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule: true for yes, false for no."""

    expression: str

    def __call__(self, comment: Comment) -> bool:
        """Judge `comment`.

        Raises RuleError, with the reason, when the rule cannot tell: a missing `meta` key, an
        index out of range. The caller treats that as no opinion.
        """
        try:
            result = _program(self.expression).eval(data=_values(comment))
        except (RuntimeError, TypeError, ValueError) as error:
            raise RuleError(f"the rule failed: {error}") from None
        value = result.plain_value()
        if not isinstance(value, bool):
            raise RuleError(f"the rule failed: {str(value).partition(': ')[2] or value}")
        return value


@lru_cache(maxsize=1024)
def compile_rule(expression: str) -> Rule:
    """Compile `expression`.

    Raises RuleError, naming everything wrong, when it is not CEL, uses a name that does not
    exist, mixes types, holds a broken regular expression, or is not true or false.
    """
    try:
        program = _environment.compile(expression)
    except RuntimeError as error:
        raise _refusal(str(error)) from None
    except TypeError:
        raise RuleError("holds a character that is not text") from None
    if program.return_type() != cel.Type.BOOL:
        kind = program.return_type().name().lower()
        raise RuleError(f"must be true or false, not {kind}")
    for pattern in _patterns(expression):
        _refuse_broken_pattern(pattern)
    result = program.eval(data=_values(_sample)).plain_value()
    if "regular expression" in str(result):
        raise RuleError(str(result).partition(": ")[2] or str(result))
    return Rule(expression)


@lru_cache(maxsize=1024)
def _program(expression: str) -> Any:
    """What is evaluated, compiled when it first is: most rules of a loaded protocol never are."""
    named = [token.start() for token in _TOKEN.finditer(expression) if token[0] == "matches"]
    for start in reversed(named):
        called = expression[start + len("matches") :].lstrip().startswith("(")
        if called and expression[:start].rstrip().endswith("."):
            expression = f"{expression[:start]}found{expression[start + len('matches') :]}"
    return _evaluating.compile(expression)


def _values(comment: Comment) -> dict[str, Any]:
    author = comment.author
    return {
        "text": visible(comment.text),
        "said": _said(comment.said),
        "channel": visible(comment.channel),
        "lang": comment.lang or "",
        "author.id": visible(author.id),
        "author.name": visible(author.name),
        "author.kind": visible(author.kind),
        "author.followers": author.followers,
        "author.verified": author.verified,
        "author.customer": author.customer,
        "thread": [
            {"text": visible(turn.text), "author": visible(turn.author), "kind": turn.kind}
            for turn in comment.thread
        ],
        "history": [visible(text) for text in comment.history],
        "meta": {visible(key): visible(value) for key, value in comment.meta.items()},
    }


@lru_cache(maxsize=16)  # many rules read the same comment
def _said(texts: tuple[str, ...]) -> str:
    """One text: what is split over two turns is found as if it had been said in one."""
    return " ".join(fold(visible(" ".join(texts))).split())


_ERROR = re.compile(r"^(?:INVALID_ARGUMENT: )?ERROR: <input>:(\d+):(\d+): (.*)$", re.MULTILINE)
_UNKNOWN = re.compile(r"undeclared reference to '(.+?)'")


def _refusal(report: str) -> RuleError:
    """The compiler's report, which draws each error over several lines, in one line."""
    found: list[str] = []
    hint = None
    for line, column, message in _ERROR.findall(report):
        place = f"column {column}" if line == "1" else f"line {line}, column {column}"
        if unknown := _UNKNOWN.search(message):
            hint = hint or did_you_mean(unknown[1], VARIABLES)
            found.append(f"unknown name '{unknown[1]}' ({place})")
        else:
            short = message.removesuffix(" [INVALID_ARGUMENT]").partition(" expecting {")[0]
            short = re.sub(r"'_(\W+)_'", r"'\1'", short)  # CEL's inner name of an operator
            found.append(f"{short} ({place})")
    plain = re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", report.partition("\n")[0])
    return RuleError("; ".join(found) or plain, hint=hint)


_LITERAL = r"""[rR]?(?:'{3}.*?'{3}|"{3}.*?"{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
_TOKEN = re.compile(rf"//[^\n]*|(?P<literal>{_LITERAL})|\w+|\S", re.DOTALL)


def _patterns(expression: str) -> Iterator[str]:
    """The literals passed to matches(), as written; evaluation alone could skip over one."""
    tokens = [token for token in _TOKEN.finditer(expression) if not token[0].startswith("//")]
    calls: list[str] = []
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token[0] == "(":
            calls.append(before[0] if before else "")
        elif token[0] == ")" and calls:
            calls.pop()
        elif token["literal"] and calls[-1:] == ["matches"] and after and after[0] == ")":
            yield token[0]


def _refuse_broken_pattern(literal: str) -> None:
    """CEL itself reads the literal, so that its escapes are its own."""
    result = _environment.compile(f"''.matches({literal})").eval(data={}).plain_value()
    if not isinstance(result, bool):
        reason = str(result).partition(": ")[2]
        raise RuleError(f"{reason}, in {literal}")
