# ruff: noqa: E501 -- a table reads best with a line for each row
"""Does a test notice? Each rule that keeps drafts safe is switched off, and its tests are run.

    python benchmarks/embed_mutations.py [WORD ...] > mutations.md

With words, only the rules whose name or file holds one. Those of the adapters need their servers
(`make test-servers` says how). No file is changed: each rule is switched off in a fork of one test
run, whose servers all forks share. Ends with 1 when a rule can be switched off unnoticed, or
cannot be any more because its text is gone.
"""

import inspect
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).parents[1]
E, A = "src/aplomo/embed/", "src/aplomo/adapters/"
LOOP, OUTBOX, DELIVERY, WORKER = (
    f"tests/embed/test_{n}.py" for n in ("loop", "outbox", "delivery", "worker")
)
SIGNATURE, STORE, MAIL = (
    "tests/embed/test_signature.py",
    "tests/embed/test_store.py",
    "tests/adapters/test_imap.py",
)
DESK, RT, WOOT = (
    f"tests/adapters/test_{n}.py" for n in ("django_helpdesk", "request_tracker", "chatwoot")
)


@dataclass(frozen=True)
class Mutation:
    """One rule switched off: the first match of `old` (a regular expression) in `file` becomes `new`."""

    name: str
    file: str
    old: str
    new: str
    tests: str

    @property
    def module(self) -> str:
        return self.file.removeprefix("src/").removesuffix(".py").replace("/", ".")


MUTATIONS = (
    # Who may be answered.
    Mutation("not a customer", E + "loop.py", r'return None if kind == "customer" else [^\n]*', "return None", LOOP),
    Mutation("not public", E + "loop.py", r'return None if seen == "public" else [^\n]*', "return None", LOOP),
    Mutation("not incoming", E + "loop.py", r'return None if direction == "incoming" else [^\n]*', "return None", LOOP),
    Mutation("our own user", E + "loop.py", r"if message\.author\.id in loops\.own_ids:", "if False:", LOOP),
    Mutation("our own key", E + "loop.py", r"if message\.key or key_in", "if key_in", LOOP),
    Mutation("our own mark in the text", E + "loop.py", r"if message\.key or key_in\(message\.text\)", "if message.key", LOOP),
    Mutation("our own ledger", E + "loop.py", r'return "written by us" if .* else None', "return None", LOOP),
    Mutation("automatic, says the tool", E + "loop.py", r"if message\.automatic:", "if False:", LOOP),
    Mutation("Auto-Submitted", E + "loop.py", r'if headers\.get\("auto-submitted", "no"\)\.lower\(\) != "no":', "if False:", LOOP),
    Mutation("Precedence", E + "loop.py", r'if headers\.get\("precedence", ""\)\.lower\(\) in _BULK:', "if False:", LOOP),
    Mutation("lists and automatic answers", E + "loop.py", r"for name in _MACHINES:", "for name in ():", LOOP),
    Mutation("empty Return-Path", E + "loop.py", r'if headers\.get\("return-path"\) in \{"", "<>"\}:', "if False:", LOOP),
    Mutation("no-reply senders", E + "loop.py", r"if any\(map\(_NO_REPLY\.search, senders\)\)", "if False", LOOP),
    Mutation("a newer message of the customer", E + "loop.py", r"if newer_message\(inbound\) is not None:", "if False:", LOOP),
    Mutation("answered already", E + "loop.py", r"if answered\(inbound\):", "if False:", LOOP),
    Mutation("not in its own thread", E + "loop.py", r"return None if said\[-1:\] == \[this\] else [^\n]*", "return None", LOOP),
    Mutation("a closed thread", E + "loop.py", r'return "the thread is closed" if inbound\.closed else None', "return None", LOOP),
    Mutation("an acknowledgement is no answer", E + "thread.py", r"return machine and message.direction == \"outgoing\"", "return False", LOOP),
    Mutation("a machine that writes in is no acknowledgement", E + "thread.py", r"return machine and message.direction == \"outgoing\"", "return machine", LOOP),
    # How a draft is written.
    Mutation("look before writing", E + "delivery.py", r"found = adapter\.find_delivered\(inbound\.ref, payload\.key\)\n    if found is None:\n        before", "found = None\n    if found is None:\n        before", DELIVERY),
    Mutation("the read-back", E + "delivery.py", r"        adapter\.deliver\(inbound, payload, payload\.key\)", "        return adapter.deliver(inbound, payload, payload.key)", DELIVERY),
    Mutation("an unknown write is not repeated", E + "delivery.py", r"said = str\(error\)", "said = str(adapter.deliver(inbound, payload, payload.key))", DELIVERY),
    Mutation("a success that shows nothing is not tried on", E + "delivery.py", r"raise DeliveryRefused\(_NOT_THERE\)", "raise DeliveryUnknown(_NOT_THERE)", DELIVERY),
    Mutation("the lease, just before the write", E + "delivery.py", r"        before_write\(\)\n", "", DELIVERY),
    Mutation("what is replaced is withdrawn", E + "delivery.py", r"if payload\.replaces is not None and payload\.replaces\.id != found\.id:", "if False:", OUTBOX),
    Mutation("what was not stored is told", E + "steps.py", r"if found\.missing else", "if False else", DELIVERY),
    # When not to write it.
    Mutation("the stale check before the write", E + "steps.py", r"if \(moved := self\.moved_on\(entry, inbound\)\) is not None:", "if (moved := None) is not None:", OUTBOX),
    Mutation("a person has answered", E + "review.py", r"if answered\(inbound\) or inbound\.closed:", "if inbound.closed:", OUTBOX),
    Mutation("the thread was closed", E + "review.py", r"if answered\(inbound\) or inbound\.closed:", "if answered(inbound):", OUTBOX),
    Mutation("the customer wrote again", E + "review.py", r"        if newer_message\(inbound\) is not None:\n            self\.remember_newer\(inbound\)\n", "        if False:\n", OUTBOX),
    Mutation("an overtaken draft leaves the tool", E + "review.py", r"self\.withdraw\(entry\)  # the newer", "pass  # the newer", OUTBOX),
    Mutation("a lost hook is made up for", E + "review.py", r"if \(newer := newer_message\(inbound\)\) is not None:", "if (newer := None) is not None:", OUTBOX),
    Mutation("a hook looks at the thread's drafts", E + "review.py", r"if other\.id != entry\.id and \(seen", "if False and (seen", OUTBOX),
    Mutation("drafts an hour in a thread", E + "steps.py", r">= self\.limits\.per_thread_hour:", ">= 10**9:", OUTBOX),
    Mutation("drafts an hour in an adapter", E + "steps.py", r">= self\.limits\.per_adapter_hour:", ">= 10**9:", OUTBOX),
    Mutation("a failing tool is left alone", E + "brakes.py", r"if failures >= self\.limits\.breaker_failures:", "if False:", DELIVERY),
    # What comes in.
    Mutation("the signature", E + "outbox.py", r"delivery = adapter\.verify\(lower, raw\)", 'delivery = lower.get("x-delivery", "")', OUTBOX),
    Mutation("a delivery seen before", E + "store/intake.py", r"if not insert_new\(self\.database, connection, hook, seen\):", "if False:", STORE),
    Mutation("every signature is compared", E + "signature.py", r"if not any\(matches\):", "if False:", SIGNATURE),
    Mutation("five minutes", E + "signature.py", r"if abs\(off\) > self\.tolerance:", "if False:", SIGNATURE),
    Mutation("nor from the future", E + "signature.py", r"if abs\(off\) > self\.tolerance:", "if off > self.tolerance:", SIGNATURE),
    # Two at once, and the end.
    Mutation("one worker a thread", E + "store/leases.py", r"if not self\._take\(taken\):", "self._take(taken)\n        if False:", STORE),
    Mutation("a lost lease stops the work", E + "store/leases.py", r"if connection\.execute\(mine\.returning\(lease\.c\.owner\)\)\.first\(\) is None:", "if False:", DELIVERY),
    Mutation("stopping: the threads", E + "worker.py", r"(def _work\(self\) -> None:\n        )while not self\._stopping\.is_set\(\):", r"\1while True:", WORKER),
    Mutation("stopping: drain", E + "worker.py", r"while not self\._stopping\.is_set\(\) and self\._one\(\):", "while self._one():", WORKER),
    Mutation("stopping: polling", E + "worker.py", r"(def _poll\(self\) -> None:\n        )while not self\._stopping\.is_set\(\):", r"\1while True:", WORKER),
    Mutation("stopping: reviewing", E + "worker.py", r"(def _review\(self\) -> None:\n        )while not self\._stopping\.is_set\(\):", r"\1while True:", WORKER),
    Mutation("a lease is renewed while its holder works", E + "store/leases.py", r"while not over\.wait\(self\.seconds / 3\):", "while False:", WORKER),
    Mutation("stopping: between two reviews", E + "worker.py", r"            if self\._stopping\.is_set\(\):\n                return\n", "", WORKER),
    # Sending.
    Mutation("the separate credential", E + "sending.py", r"if not adapter\.can_send:", "if False:", "tests/embed/test_sending.py"),
    Mutation("no approval", E + "sending.py", r"if given is None:\n[^\n]*", "if given is None:\n        given = (Approval(by=Party(id='x', kind='agent', name='x'), at=inbound.message.created_at, text='x', how=''), text_sha256('x'))", "tests/embed/test_sending.py"),
    Mutation("the hash of the text approved", E + "sending.py", r"if text_sha256\(approval\.text\) != sha256:", "if False:", OUTBOX),
    Mutation("everything is checked again", E + "sending.py", r"    require_approvable\(approval\.by[^\n]*\n", "", "tests/embed/test_sending.py"),
    Mutation("the thread has moved on", E + "sending.py", r"if \(reason := refusal\(inbound, loops\)\) is not None:", "if (reason := None) is not None:", OUTBOX),
    Mutation("an approval names a person", E + "sending.py", r'if by\.kind != "agent" or not by\.name\.strip\(\):', "if False:", OUTBOX),
    Mutation("not by ourselves", E + "sending.py", r"if by\.id in own_ids:", "if False:", OUTBOX),
    Mutation("not of nothing", E + "sending.py", r"if not text\.strip\(\):", "if False:", OUTBOX),
    Mutation("the length, at approval", E + "sending.py", r"if length > limit\.most:", "if False:", OUTBOX),
    Mutation("as drafted only what is ready", E + "sending.py", r'if record\["status"\] == "ready" and', "if", OUTBOX),
    Mutation("an unknown send is looked for", E + "sending.py", r"sent = find_sent\(adapter, approved, key\)", "sent = None", OUTBOX),
    Mutation("after an interruption nothing is sent", E + "steps.py", r'"sending": self\.was_it_sent,', '"sending": self.send,', OUTBOX),
    Mutation("an approval by ourselves, in the tool", E + "review.py", r"given\.by\.id not in self\.adapter\.own_ids and \(", "(", "tests/embed/test_sending.py"),
    Mutation("what may have been sent is not tried again", E + "outbox.py", r'if self\._may_have_been_sent\(entry\):', "if False:", OUTBOX),
    # The adapters.
    Mutation("SMTP: the certificate", E + "mailbox.py", r"timeout=self\.timeout, context=context\)", "timeout=self.timeout)", "tests/embed/test_mailbox.py"),
    Mutation("SMTP: what is taken is out", E + "mailbox.py", r"with suppress\(smtplib[^\n]*", "if True:", "tests/embed/test_mailbox.py"),
    Mutation("by number: what shows late", A + "counting.py", r"self\.highest - _LATE", "self.highest", "tests/adapters/test_marks.py"),
    Mutation("IMAP: a forward is no answer", A + "imap_messages.py", r"return not to\.isdisjoint\(customers\)", "return True", "tests/adapters/test_imap_letters.py"),
    Mutation("IMAP: ours", A + "imap_messages.py", r"ours = KEY in item\.mail and address == self\.account", "ours = False", MAIL),
    Mutation("IMAP: ours only from our address", A + "imap_messages.py", r"ours = KEY in item\.mail and address == self\.account", "ours = KEY in item.mail", MAIL),
    Mutation("IMAP: the keyword", A + "imap.py", r"box\.mark\(self\._inbox, asked\.uid, KEYWORD\)", "pass", MAIL),
    Mutation("IMAP: an edited draft stays", E + "mail.py", r'return header\(message, name\) in \("", written_hash\(message\)\)', "return True", MAIL),
    Mutation("IMAP: our sent copy is no approval", A + "imap.py", r"if KEY not in item\.mail\]", "]", MAIL),
    Mutation("IMAP: sent once", A + "imap.py", r"if copies := box\.search\([^\n]*:", "if copies := []:", MAIL),
    Mutation("Request Tracker: own notes", A + "request_tracker_tickets.py", r'return "bot"', 'return "customer"', RT),
    Mutation("Request Tracker: the hook of a comment", A + "request_tracker.py", r"if kind in PUBLIC else \[\]", "if kind else []", RT),
    Mutation("Request Tracker: a note whose key was not stored", A + "request_tracker.py", r"by_field or self\._tickets\.marked\([^)]*\)", "by_field", RT),
    Mutation("django-helpdesk: own notes", A + "django_helpdesk_tickets.py", r'kind="bot" if number in own else "agent"', 'kind="customer"', DESK),
    Mutation("django-helpdesk: template marks", A + "django_helpdesk.py", r'return re\.sub\(r"\\\{[^\n]*', "return text", DESK),
    Mutation("django-helpdesk: the hook's secret", A + "django_helpdesk.py", r"if not hmac\.compare_digest\([^\n]*:", "if False:", DESK),
    Mutation("Chatwoot: the hook of a note", A + "chatwoot.py", r'if event\["message_type"\] != "incoming" or event\.get\("private"\):', "if False:", WOOT),
    Mutation("Chatwoot: own notes", A + "chatwoot_messages.py", r'kind="bot", name=party\.name\) if party\.id in own else party', 'kind="customer", name=party.name)', WOOT),
    Mutation("Chatwoot: no links", E + "commands.py", r"return re\.sub\(r\"\\\]\(\?=[^\n]*", "return text", WOOT),
    Mutation("the command names the draft", E + "commands.py", r"if command and command\[1\] == key:", "if command:", "tests/embed/test_commands.py"),
    Mutation("only agents approve", E + "commands.py", r' if m\.author\.kind == "agent" and', " if", "tests/embed/test_commands.py"),
    Mutation("redirects are not followed", E + "rest.py", r"httpx2\.Client\(\n", "httpx2.Client(follow_redirects=True,\n", "tests/embed/test_rest.py"),
    Mutation("ids in paths are numbers", E + "rest.py", r"if not re\.fullmatch\(r\"\[0-9\]\{1,18\}\", text\):", "if False:", "tests/embed/test_rest.py"),
    Mutation("ids that no database keeps", E + "store/intake.py", r'if len\(id_\) > LONGEST_ID or encodable\(id_\) != id_:', "if False:", OUTBOX),
)  # fmt: skip


def main(words: Sequence[str]) -> int:
    chosen = [m for m in MUTATIONS if not words or any(w in m.name + m.file for w in words)]
    os.chdir(ROOT)
    forks = Forks(chosen)
    options = ["-q", "-s", "-m", "servers or not servers", "-p", "no:cacheprovider"]
    files = list(dict.fromkeys(mutation.tests for mutation in chosen))
    code = pytest.main([*options, *files], plugins=[forks])
    forks.tell(f"\n{forks.noticed} of {len(chosen)} noticed")
    return int(code != 0 or forks.noticed < len(chosen))


class Forks:
    """Takes the place of pytest's loop over the tests that it has collected."""

    def __init__(self, mutations: Sequence[Mutation]) -> None:
        self.mutations = mutations
        self.noticed = 0
        self.out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what pytest says itself is of no use here
        self.failed: pytest.TestReport | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.tell("| switched off | where | what notices |\n|---|---|---|")
        for file in dict.fromkeys(mutation.tests for mutation in self.mutations):
            items = [item for item in session.items if item.nodeid.startswith(f"{file}::")]
            # The first test is run unchanged, here: it starts the server that the forks share.
            self._run(items[:1], follows=items[1])
            if self.failed:
                self.tell(f"{file} does not pass unchanged: {self.failed.longreprtext}")
                return True
            for mutation in self.mutations:
                if mutation.tests == file:
                    told = self._tried(mutation, items)
                    self.noticed += told.startswith("`")
                    where = f"`{mutation.file.removeprefix('src/aplomo/')}`"
                    self.tell(f"| {mutation.name} | {where} | {told} |")
            session._setupstate.teardown_exact(None)  # noqa: SLF001 -- pytest has no public way
        return True

    def tell(self, line: str) -> None:
        print(line, file=self.out, flush=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.failed is None:
            self.failed = report

    def _run(self, items: list[pytest.Item], follows: pytest.Item | None = None) -> None:
        for item, following in pairwise([*items, follows]):
            assert item is not None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following or item)
            if self.failed:
                return

    def _tried(self, mutation: Mutation, items: list[pytest.Item]) -> str:
        """The first test that fails without the rule."""
        if (changed := mutated(mutation)) is None:
            return f"**cannot be switched off: no {mutation.old}**"
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            self._in_a_fork(mutation, changed, items, writer)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as pipe:
            said = pipe.read().rpartition("::")[2].replace("|", "/")
        _, status = os.waitpid(child, 0)
        if status != 0:
            return f"**the run broke: {said}**"
        return f"`{said}`" if said else "**nothing**"

    def _in_a_fork(
        self, mutation: Mutation, changed: str, items: list[pytest.Item], writer: int
    ) -> NoReturn:
        try:
            transplant(mutation.module, changed)
            self._run(items)
            os.write(writer, (self.failed.nodeid if self.failed else "").encode())
            os._exit(0)
        except BaseException as error:
            os.write(writer, repr(error).encode())
        finally:
            os._exit(1)  # nothing of the run that goes on in the parent is torn down here


def mutated(mutation: Mutation) -> str | None:
    text = (ROOT / mutation.file).read_text(encoding="utf-8")
    changed = re.sub(mutation.old, mutation.new, text, count=1)
    return None if changed == text else changed


def transplant(name: str, source: str) -> None:
    """Give the functions of a module, wherever they have been imported to, the code of `source`."""
    module = import_module(name)
    new: dict[str, Any] = {"__name__": name, "__file__": module.__file__}
    exec(compile(source, str(module.__file__), "exec"), new)
    into(vars(module), new, name)


def into(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> None:
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, property):
            value, before = value.fget, getattr(before, "fget", None)
        if isinstance(value, staticmethod | classmethod):
            value, before = value.__func__, getattr(before, "__func__", None)
        if inspect.isfunction(value) and value.__module__ == name and before is not None:
            inspect.unwrap(before).__code__ = inspect.unwrap(value).__code__
        elif inspect.isclass(value) and value.__module__ == name and before is not None:
            into(vars(before), vars(value), name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
