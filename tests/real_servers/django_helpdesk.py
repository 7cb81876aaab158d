"""django-helpdesk from PyPI, in an environment of its own (`make helpdesk` builds it)."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from real_servers.process import free_port, listens, process

HERE = Path(__file__).parent
PYTHON = Path(
    os.environ.get("HELPDESK_PYTHON") or HERE.parents[1] / ".venv-helpdesk" / "bin" / "python"
)
WHY_NOT = None if PYTHON.exists() else f"{PYTHON} is not there (make helpdesk)"
HOOK_SECRET = "hook-of-a-test"
USERS = {"draftbot": 1, "sender": 2, "eva": 3}

_MAKE = """
import django; django.setup()
from django.contrib.auth.models import User
from helpdesk.models import Queue
for number, name in enumerate(("draftbot", "sender", "eva"), start=1):
    user = User(id=number, username=name, is_staff=True, is_superuser=name == "eva",
                email=f"{name}@example.com")
    user.set_password(f"{name}-of-a-test"); user.save()
Queue.objects.create(slug="support", title="Support", allow_public_submission=True,
                     email_address="care@example.com")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Helpdesk:
    """The running server; users are `draftbot`, `sender` and `eva` (an agent)."""

    port: int
    hooks: int
    home: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def api(self, user: str = "eva") -> httpx2.Client:
        auth = (user, f"{user}-of-a-test")
        return httpx2.Client(base_url=f"{self.url}/api", auth=auth, timeout=60)

    def staff_page(self, ticket: int) -> str:
        """What an agent's browser is given for a ticket."""
        with httpx2.Client(base_url=self.url, timeout=60) as browser:
            browser.get("/login/")
            form = {"username": "eva", "password": "eva-of-a-test"}
            form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
            browser.post("/login/", data=form)
            answer = browser.get(f"/tickets/{ticket}/")
            assert answer.status_code == 200, answer.status_code
            return answer.text

    def ask(self, text: str, title: str = "Pedido", sender: str = "ana@example.org") -> int:
        """A ticket from the public form, as a customer fills it in; gives its number."""
        form = {
            "queue": "1",
            "title": title,
            "body": text,
            "priority": "3",
            "submitter_email": sender,
        }
        with httpx2.Client(base_url=self.url, timeout=60) as browser:
            answer = browser.post("/tickets/submit/", data=form)
            # With its hook receiver down the page fails, though the ticket is saved.
            assert answer.status_code in (302, 500), answer.text[:500]
        with self.api() as api:
            return max(item["id"] for item in api.get("tickets/?page_size=500").json()["results"])

    def customer_writes(self, ticket: int, text: str) -> None:
        """A follow-up as an incoming mail makes it: public, of no user."""
        self.django(
            "from helpdesk.models import Ticket; from helpdesk.update_ticket import update_ticket\n"
            "from django.contrib.auth.models import AnonymousUser\n"
            f"update_ticket(AnonymousUser(), Ticket.objects.get(id={ticket}), comment={text!r}, public=True)"
        )

    def follow_up(self, user: str, ticket: int, text: str, **more: Any) -> Any:
        with self.api(user) as api:
            answer = api.post("followups/", json={"ticket": ticket, "comment": text, **more})
            return answer.json() if answer.status_code == 201 else answer.status_code

    def django(self, program: str) -> None:
        """Run a program inside the helpdesk, its hooks off."""
        _run(["-c", f"import django; django.setup()\n{program}"], self.home)


@contextlib.contextmanager
def helpdesk(*, mails_notes: bool = False) -> Generator[Helpdesk]:
    home = Path(tempfile.mkdtemp(prefix="helpdesk-"))
    server = Helpdesk(port=free_port(), hooks=free_port(), home=home)
    hooks = f"http://hook:{HOOK_SECRET}@127.0.0.1:{server.hooks}/hooks/helpdesk"
    try:
        _run(["-m", "django", "migrate", "-v0"], home)
        _run(["-c", _MAKE], home)
        env = _environment(home) | {
            "HELPDESK_NEW_TICKET_WEBHOOK_URLS": hooks,
            "HELPDESK_FOLLOWUP_WEBHOOK_URLS": hooks,
            "HELPDESK_MAILS_NOTES": "1" if mails_notes else "",
        }
        serve = [str(PYTHON), "-m", "django", "runserver", "--noreload", f"127.0.0.1:{server.port}"]
        with process(serve, ready=lambda: listens(server.port), log=home / "output.log", env=env):
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _environment(home: Path) -> dict[str, str]:
    module = "django_helpdesk_settings"
    return {"DJANGO_SETTINGS_MODULE": module, "PYTHONPATH": str(HERE), "HELPDESK_HOME": str(home)}


def _run(arguments: list[str], home: Path) -> None:
    env = {**os.environ, **_environment(home)}
    run = subprocess.run([str(PYTHON), *arguments], capture_output=True, text=True, env=env)
    if run.returncode:
        raise RuntimeError(f"django-helpdesk: {run.stdout[-1000:]}{run.stderr[-2000:]}")
