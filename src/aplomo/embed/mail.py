"""Mail as text and back: what a person wrote in a message, and a reply in the same thread."""

import hashlib
import re
from collections.abc import Iterator
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import format_datetime, getaddresses, localtime, parseaddr
from html.parser import HTMLParser

from aplomo.comment import visible
from aplomo.errors import DeliveryRefused

__all__ = [
    "address_of",
    "addresses_of",
    "header",
    "html_text",
    "machine_headers",
    "message_ids",
    "read_mail",
    "reply_to",
    "unquoted",
    "untouched",
    "written_hash",
    "written_text",
]

_ID = re.compile(r"<[^<>\s]{1,250}>")
_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,250}")
_MOST_REFERENCES = 20
_MACHINE = (
    "from", "reply-to", "auto-submitted", "precedence", "list-id", "list-unsubscribe",
    "return-path", "x-auto-response-suppress", "x-autoreply", "x-autorespond", "feedback-id",
)  # fmt: skip


def read_mail(raw: bytes) -> EmailMessage:
    """A message from its bytes, however broken: what is wrong in it only loses itself."""
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)


def header(message: Message, name: str) -> str:
    """One header as one decoded line; empty when absent or past reading."""
    try:
        value = str(message.get(name, ""))
    except Exception:  # the standard library's parser fails in many ways on hostile headers
        return ""
    return " ".join(visible(value).split())


def machine_headers(message: Message) -> dict[str, str]:
    """The headers that tell machines from people, in lower case; absent ones are left out."""
    found = {name: header(message, name) for name in _MACHINE if name in message}
    if message.get_content_type() == "multipart/report":  # a bounce, whatever else it says
        found.setdefault("auto-submitted", "auto-generated")
    return found


def message_ids(message: Message, name: str) -> tuple[str, ...]:
    """The message ids in a header such as References, in order."""
    return tuple(_ID.findall(header(message, name)))


def address_of(message: Message, *names: str) -> tuple[str, str]:
    """Display name and lower-case address of the first of the headers that has a usable one."""
    for name in names:
        # As it came: the decoded form of a hostile display name can pass for addresses.
        raw = next((value for key, value in message.raw_items() if key.lower() == name), "")
        try:
            # Unfolded: at a line break in a quoted name the parser would begin another address.
            shown, address = parseaddr(re.sub(r"[\r\n]+[ \t]*", " ", str(raw)))
        except RecursionError:  # comments within comments
            continue
        if _ADDRESS.fullmatch(address):
            return _decoded_words(shown), address.lower()
    return "", ""


def addresses_of(message: Message, *names: str) -> frozenset[str]:
    """Every usable lower-case address of the headers."""
    said = [
        re.sub(r"[\r\n]+[ \t]*", " ", str(value))
        for key, value in message.raw_items()
        if key.lower() in names
    ]
    try:
        found = [address for _, address in getaddresses(said)]
    except RecursionError:
        return frozenset()
    return frozenset(address.lower() for address in found if _ADDRESS.fullmatch(address))


def written_text(message: Message) -> str:
    """What the person wrote: the plain part, else the HTML as text; no attachment, no quote."""
    parts = list(_texts(message))
    plain = next((text for kind, text in parts if kind == "text/plain" and text.strip()), None)
    if plain is None:
        plain = next((html_text(text) for kind, text in parts if kind == "text/html"), "")
    return unquoted(plain.replace("\r\n", "\n"))


def written_hash(message: EmailMessage) -> str:
    """Hash of what was written, the same however the message is encoded."""
    return hashlib.sha256(written_text(message).encode()).hexdigest()


def untouched(message: EmailMessage, name: str) -> bool:
    """Whether the text is still the one whose hash the header `name` holds, if it holds one."""
    return header(message, name) in ("", written_hash(message))


def html_text(html: str) -> str:
    """HTML as a person reads it: no markup, style, script, hidden part or quoted original."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = re.sub(r"[ \t\f\v]+", " ", "".join(reader.text))
    return re.sub(r" *\n[ \n]*\n", "\n\n", re.sub(r" *\n *", "\n", text)).strip()


def reply_to(message: Message, text: str, *, sender: str, message_id: str) -> EmailMessage:
    """A reply to `message`, in its thread, with `text` as its whole body.

    No header of the message reaches the reply but through the parser of that header: nothing can
    be injected. Raises DeliveryRefused when the message names no one to answer.
    """
    shown, address = address_of(message, "reply-to", "from")
    if not address:
        raise DeliveryRefused("the message has no address that can be answered")
    reply = EmailMessage(policy=policy.SMTP)
    reply["From"] = sender
    reply["To"] = Address(display_name=shown, addr_spec=address)
    subject = header(message, "subject")
    reply["Subject"] = subject if re.match(r"(?i)re\s*:", subject) else f"Re: {subject}"
    reply["Date"] = format_datetime(localtime())
    reply["Message-ID"] = message_id
    if own := message_ids(message, "message-id")[:1]:
        before = message_ids(message, "references") or message_ids(message, "in-reply-to")
        thread = [*before[:1], *before[1:][-_MOST_REFERENCES:], *own]
        reply["In-Reply-To"] = own[0]
        reply["References"] = " ".join(dict.fromkeys(thread))
    reply.set_content(text)
    return reply


def _texts(message: Message) -> Iterator[tuple[str, str]]:
    for part in message.walk():
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            yield kind, _decoded(part)


def _decoded_words(text: str) -> str:
    """A display name as one line, its encoded words decoded where that works."""
    try:
        decoded = str(make_header(decode_header(text)))
    except (LookupError, ValueError, HeaderParseError):
        decoded = text
    return " ".join(visible(decoded).split())


def _decoded(part: Message) -> str:
    """The text of a part in any charset: the one it names, else UTF-8, else Latin-1."""
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    named = part.get_content_charset() or "utf-8"
    for charset in (named, "utf-8"):
        try:
            return raw.decode(charset)
        except (LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def unquoted(text: str) -> str:
    """Without quoted lines and the line that announces them ("… wrote:", "… escribió:")."""
    kept: list[str] = []
    quoting = False
    for line in text.split("\n"):
        quoted = line.lstrip().startswith(">")
        if quoted and not quoting:
            _drop_announcement(kept)
        if not quoted:
            kept.append(line.rstrip())
        quoting = quoted or (quoting and not line.strip())
    return "\n".join(kept).strip()


def _drop_announcement(lines: list[str]) -> None:
    """Drop the one or two last lines that end in a colon and name a person or a time."""
    while lines and not lines[-1]:
        lines.pop()
    for count in (1, 2):
        said = " ".join(lines[-count:])
        if said.endswith(":") and ("@" in said or len(re.findall(r"\d+", said)) >= 2):
            del lines[-count:]
            return


class _Reader(HTMLParser):
    """Collects what shows; an element that is hidden takes everything inside it along."""

    _UNSEEN = frozenset({"script", "style", "head", "title", "template", "blockquote"})
    _LINES = frozenset({"br", "tr", "li", "hr"})
    _BLOCKS = frozenset({"p", "div", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"})
    _VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden or tag in self._UNSEEN or _invisible(attrs):
            if tag not in self._VOID and (not self._hidden or tag == self._hidden[0]):
                self._hidden.append(tag)
        elif tag in self._LINES:
            self.text.append("\n")
        elif tag in self._BLOCKS:
            self.text.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag == self._hidden[0]:
            self._hidden.pop()
        elif not self._hidden and tag in self._BLOCKS:
            self.text.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(re.sub(r"\s+", " ", data))


def _invisible(attributes: list[tuple[str, str | None]]) -> bool:
    given = dict(attributes)
    style = (given.get("style") or "").replace(" ", "").lower()
    return "hidden" in given or "display:none" in style or "visibility:hidden" in style
