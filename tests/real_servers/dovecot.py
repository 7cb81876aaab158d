"""Dovecot with one mailbox, `support`: IMAP to read and draft, LMTP to receive."""

import contextlib
import os
import pwd
import shutil
import smtplib
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from real_servers.process import free_port, listens, process

USER, PASSWORD = "support", "mailbox-of-a-test"
DOVECOT = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin")
WHY_NOT = (
    None if DOVECOT else "dovecot is not installed (apt-get install dovecot-imapd dovecot-lmtpd)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    """Where the running server listens."""

    imap: int
    lmtp: int

    def receive(self, message: EmailMessage | bytes, sender: str = "ana@example.org") -> None:
        """Deliver a message to the mailbox, as the mail system of the host would."""
        raw = message if isinstance(message, bytes) else message.as_bytes()
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            lmtp.sendmail(sender, [USER], raw)


@contextlib.contextmanager
def dovecot() -> Generator[Dovecot]:
    # Not pytest's folder: that one is closed to the unprivileged user who owns the mail.
    home = Path(tempfile.mkdtemp(prefix="dovecot-"))
    server = Dovecot(imap=free_port(), lmtp=free_port())
    try:
        configuration = _configured(home, server)
        command = [str(DOVECOT), "-F", "-c", str(configuration)]
        with process(
            command,
            ready=lambda: listens(server.imap) and listens(server.lmtp),
            log=home / "output.log",
        ):
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _configured(home: Path, server: Dovecot) -> Path:
    owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    mail = home / "mail"
    mail.mkdir()
    home.chmod(0o755)
    if os.getuid() == 0:
        os.chown(mail, owner.pw_uid, owner.pw_gid)
    (home / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
    path = home / "dovecot.conf"
    path.write_text(
        _SETTINGS.format(
            home=home,
            mail=mail,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            imap=server.imap,
            lmtp=server.lmtp,
        )
        + ("" if os.getuid() == 0 else _ROOTLESS.format(user=owner.pw_name))
    )
    return path


_SETTINGS = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {home}/run
log_path = {home}/dovecot.log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{mail}/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {home}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mail}/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \\Drafts
    auto = subscribe
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""

_ROOTLESS = """
default_internal_user = {user}
default_login_user = {user}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"""
