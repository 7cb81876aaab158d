"""A mailbox over IMAP and a way out over SMTP: connections, folders, searches, and their errors."""

import imaplib
import smtplib
import ssl
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import Any, cast

from imapclient import DELETED, DRAFT, IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from aplomo.embed.mail import message_ids, read_mail
from aplomo.embed.plugins import AdapterSettings
from aplomo.errors import ConfigError, DeliveryRefused, DeliveryUnknown, ToolUnavailable
from aplomo.loopback import LOOPBACK

__all__ = ["SERVER_KEYS", "Found", "Mailbox", "Server", "any_of", "has"]

_FIRST_BYTES = 2_000_000  # of a message: its text comes before its attachments
_BODY = (f"BODY.PEEK[]<0.{_FIRST_BYTES}>", b"BODY[]<0>")  # asked for as the one, given as the other
_HEADERS = ("BODY.PEEK[HEADER]", b"BODY[HEADER]")
_AT_ONCE = 100
SERVER_KEYS = ("host", "port", "tls", "user", "password_env", "timeout")
"""What `Server.of` reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One stored message: where it is and what it is. `at` is when the server took it in."""

    folder: str
    uid: int
    at: datetime
    mail: EmailMessage
    unsent: bool = False

    @property
    def id(self) -> str:
        """The Message-ID, else the place in the mailbox."""
        ids = message_ids(self.mail, "message-id")
        return ids[0] if ids else f"uid:{self.uid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An account on a mail server; `timeout` is in seconds."""

    host: str
    port: int
    tls: str
    user: str
    password: str
    timeout: float

    @classmethod
    def of(cls, settings: AdapterSettings, ports: Mapping[str, int]) -> "Server":
        """Read from a settings table; the first of `ports` is the default.

        Raises ConfigError when a key is wrong, or the password would cross a network in clear.
        """
        host, tls = settings.text("host"), settings.text("tls", next(iter(ports)))
        where = f"{settings.where} [adapters.{settings.name}]"
        if tls not in ports:
            raise ConfigError(f"'tls' must be one of {', '.join(ports)}", where=where)
        if tls == "none" and host not in LOOPBACK:
            hint = 'tls = "ssl" or "starttls"'
            raise ConfigError("without TLS only this machine is reached", where=where, hint=hint)
        return cls(
            host=host,
            port=settings.number("port", ports[tls]),
            tls=tls,
            user=settings.text("user"),
            password=settings.secret("password"),
            timeout=settings.number("timeout", 20),
        )

    @contextmanager
    def opened(self) -> Generator["Mailbox"]:
        """A logged-in mailbox. Raises ToolUnavailable when that or any reading fails."""
        where = f"imap {self.host}:{self.port}"
        try:
            context = ssl.create_default_context()
            with IMAPClient(
                self.host,
                self.port,
                ssl=self.tls == "ssl",
                ssl_context=context,
                timeout=self.timeout,
            ) as box:
                if self.tls == "starttls":
                    cast("Any", box).starttls(context)
                box.login(self.user, self.password)
                yield Mailbox(box)
        except (IMAPClientError, imaplib.IMAP4.error, OSError) as error:
            raise ToolUnavailable(f"the mailbox cannot be read: {error}", where=where) from error

    def send(self, message: EmailMessage) -> None:
        """Hand `message` to the server over SMTP.

        Raises ToolUnavailable before anything was handed over, DeliveryRefused when refused,
        DeliveryUnknown when the connection broke while it was handed over.
        """
        where = f"smtp {self.host}:{self.port}"
        try:
            smtp = self._way_out()
        except (smtplib.SMTPException, OSError) as error:
            raise ToolUnavailable(f"nothing was sent: {error}", where=where) from error
        with closing(smtp):
            self._hand_over(smtp, message, where)
            with suppress(smtplib.SMTPException, OSError):  # it is out, whatever follows
                smtp.quit()

    def _way_out(self) -> smtplib.SMTP:
        """A logged-in SMTP connection."""
        context, place = ssl.create_default_context(), (self.host, self.port)
        with ExitStack() as unless_ready:
            if self.tls == "ssl":
                smtp = smtplib.SMTP_SSL(*place, timeout=self.timeout, context=context)
            else:
                smtp = smtplib.SMTP(*place, timeout=self.timeout)
            unless_ready.callback(smtp.close)
            if self.tls == "starttls":
                smtp.starttls(context=context)
            if self.tls != "none":
                smtp.login(self.user, self.password)
            unless_ready.pop_all()
            return smtp

    def _hand_over(self, smtp: smtplib.SMTP, message: EmailMessage, where: str) -> None:
        try:
            smtp.send_message(message)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused):
                raise DeliveryRefused(f"the message is refused: {error}", where=where) from error
            raise DeliveryUnknown(f"the message may be out: {error}", where=where) from error


class Mailbox:
    """A logged-in connection."""

    def __init__(self, box: IMAPClient) -> None:
        self._box: Any = box

    def state(self, folder: str) -> tuple[int, int]:
        """UIDVALIDITY and UIDNEXT of a folder, now selected."""
        state = self._box.select_folder(folder, readonly=True)
        return int(state[b"UIDVALIDITY"]), int(state[b"UIDNEXT"])

    def search(self, folder: str, criteria: list[Any]) -> list[Found]:
        """The undeleted messages of a folder that meet the criteria, by UID."""
        return self._read(folder, self._uids(folder, criteria), _BODY)

    def listed(self, folder: str, criteria: list[Any]) -> list[Found]:
        """The same, but of each message only the headers."""
        return self._read(folder, self._uids(folder, criteria), _HEADERS)

    def _uids(self, folder: str, criteria: list[Any]) -> list[int]:
        self._box.select_folder(folder, readonly=True)
        return sorted(self._box.search(["UNDELETED", *criteria], "UTF-8"))

    def _read(self, folder: str, uids: list[int], part: tuple[str, bytes]) -> list[Found]:
        """Messages of the selected folder, unseen flags untouched."""
        asked, given = part
        found: list[Found] = []
        for start in range(0, len(uids), _AT_ONCE):
            some = uids[start : start + _AT_ONCE]
            answer = self._box.fetch(some, [asked, "INTERNALDATE", "FLAGS"])
            data = cast("dict[int, dict[bytes, Any]]", answer)
            found += [
                Found(
                    folder=folder,
                    uid=uid,
                    at=data[uid][b"INTERNALDATE"].astimezone(UTC),
                    mail=read_mail(data[uid][given]),
                    unsent=DRAFT in data[uid][b"FLAGS"],
                )
                for uid in some
                if given in data.get(uid, {})  # else it went away meanwhile
            ]
        return found

    def special(self, kind: bytes, named: str) -> str:
        """The folder of a special use, else the one named in the settings.

        Raises ToolUnavailable when there is neither.
        """
        found = named or cast("str | None", self._box.find_special_folder(kind))
        if not found:
            name = kind.decode().strip("\\")
            raise ToolUnavailable(
                f"the mailbox has no {name} folder", hint=f'{name.lower()} = "its name"'
            )
        return found

    def append(self, folder: str, message: EmailMessage, flags: tuple[bytes, ...]) -> None:
        """Store a message. Raises DeliveryRefused, or DeliveryUnknown when the line broke."""
        raw = message.as_bytes(policy=policy.SMTP)
        try:
            self._box.append(folder, raw, flags, datetime.now(UTC))
        except (IMAPClientAbortError, imaplib.IMAP4.abort, OSError) as error:
            raise DeliveryUnknown(f"{folder}: may hold the message: {error}") from error
        except (IMAPClientError, imaplib.IMAP4.error) as error:
            raise DeliveryRefused(f"{folder}: does not take the message: {error}") from error

    def mark(self, folder: str, uid: int, keyword: bytes) -> None:
        """Put a keyword on a message, where the server keeps keywords."""
        state = self._box.select_folder(folder)
        if b"\\*" in state[b"PERMANENTFLAGS"] or keyword in state[b"PERMANENTFLAGS"]:
            self._box.add_flags([uid], [keyword], silent=True)

    def remove(self, folder: str, uids: list[int]) -> None:
        """Delete these messages and no others."""
        if not uids:
            return
        self._box.select_folder(folder)
        self._box.add_flags(uids, [DELETED], silent=True)
        # Without UIDPLUS an expunge would take what others have marked: marking must do.
        if self._box.has_capability("UIDPLUS"):
            self._box.uid_expunge(uids)


def has(name: str, value: str) -> list[Any]:
    """The search criterion: header `name` contains `value`."""
    return ["HEADER", name, value]


def any_of(*criteria: list[Any]) -> list[Any]:
    """The search criterion: at least one of `criteria` holds."""
    first, *others = criteria
    return ["OR", *first, *any_of(*others)] if others else first
