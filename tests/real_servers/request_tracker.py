"""Request Tracker 5 from Debian, with a database, a configuration and caches of its own."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import httpx2

from real_servers.process import free_port, listens, process

SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
SETUP = "rt-setup-database-5"
WHY_NOT = (
    None
    if SERVER.exists() and shutil.which(SETUP, path="/usr/sbin:/usr/bin")
    else "Request Tracker is not installed (apt-get install request-tracker5 rt5-db-sqlite rt5-standalone)"
)
HOOK_SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
MAKE_USERS = Path(__file__).with_name("request_tracker_setup.pl")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTracker:
    """The running server; users are `draftbot`, `sender`, `eva` (an agent), `ana` (a customer)."""

    port: int
    hooks: int
    env: dict[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def password(self, user: str) -> str:
        return f"{user}-of-a-test"

    def rest(self, user: str) -> httpx2.Client:
        """REST 2 as that user."""
        return httpx2.Client(
            base_url=f"{self.url}/REST/2.0", auth=(user, self.password(user)), timeout=60
        )

    def staff_page(self, ticket: str) -> str:
        """What an agent's browser is given for a ticket's history."""
        form = {"user": "eva", "pass": self.password("eva")}
        came_from = {"Referer": f"{self.url}/"}  # else the page asks whether it is a forgery
        with httpx2.Client(
            base_url=self.url, timeout=60, follow_redirects=True, headers=came_from
        ) as browser:
            browser.post("/NoAuth/Login.html", data=form)
            answer = browser.get(f"/Helpers/TicketHistory?id={ticket}")
            assert answer.status_code == 200, answer.status_code
            return answer.text

    def mail(self, message: EmailMessage) -> None:
        """Take a message in through RT's mail gateway."""
        command = [
            "rt-mailgate-5",
            "--queue",
            "General",
            "--action",
            "correspond",
            "--url",
            self.url,
        ]
        subprocess.run(
            command, input=message.as_bytes(), check=True, env={**os.environ, **self.env}
        )

    def perl(self, program: str) -> None:
        """Run a program inside RT, as its administrator would."""
        script = f"use lib '/usr/share/request-tracker5/lib'; use RT -init; {program}"
        subprocess.run(
            ["perl", "-e", script], check=True, capture_output=True, env={**os.environ, **self.env}
        )


@contextlib.contextmanager
def request_tracker() -> Generator[RequestTracker]:
    home = Path(tempfile.mkdtemp(prefix="rt-"))
    port, hooks = free_port(), free_port()
    for folder in ("conf.d", "mason", "session", "mail"):
        (home / folder).mkdir()
    settings = home / "RT_SiteConfig.pm"
    settings.write_text(_SETTINGS.format(home=home, port=port))
    env = {
        "RT_SITE_CONFIG": str(settings),
        "RT_SITE_CONFIG_DIR": str(home / "conf.d"),
        "TMPDIR": str(home / "mail"),
        "PATH": f"{os.environ['PATH']}:/usr/sbin",
        "HOOK_URL": f"http://127.0.0.1:{hooks}/hooks/rt",
        "HOOK_SECRET": HOOK_SECRET,
    }
    try:
        for command in (
            [SETUP, "--action", "init", "--skip-create"],
            ["perl", str(MAKE_USERS)],
        ):
            run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env})
            if run.returncode:
                raise RuntimeError(f"{command[0]}: {run.stdout[-1000:]}{run.stderr[-1000:]}")
        command = [str(SERVER), "--server", "Starlet", "--host", "127.0.0.1", "--port", str(port)]
        with process(
            [*command, "--max-workers", "2"],
            ready=lambda: listens(port),
            log=home / "output.log",
            env=env,
        ):
            yield RequestTracker(port=port, hooks=hooks, env=env)
    finally:
        shutil.rmtree(home, ignore_errors=True)


_SETTINGS = """
Set($rtname, 'test');
Set($Organization, 'test');
Set($CorrespondAddress, 'rt@localhost');
Set($CommentAddress, 'rt-comment@localhost');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{home}/rt.sqlite');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebPath, '');
Set($WebBaseURL, 'http://127.0.0.1:{port}');
Set($MailCommand, 'testfile');
Set($LogToSTDERR, 'warning');
Set($LogToSyslog, undef);
Set($WebSecureCookies, 0);
Set($BcryptCost, 4); # a password is hashed for every request
$RT::MasonDataDir = '{home}/mason';
$RT::MasonSessionDir = '{home}/session';
1;
"""
