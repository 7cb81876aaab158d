"""Parlant: an outcome is a guideline, an outcome of silence an observation.

As its documentation writes them: conditions and actions in plain words, matched by the engine. A
hook on the engine tells which guidelines matched, and ends a turn that is to be silent.
"""

import asyncio
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.beside.peers.line import Peer, Plain, Said, Told, serve
from benchmarks.beside.peers.telling import goal, known, voice

os.environ.setdefault("PARLANT_HOME", str(Path(sys.prefix) / "data"))  # read when it is imported

import parlant.sdk as p
from parlant.client import ParlantClient
from parlant.core.engines.alpha.hooks import EngineHookResult, EngineHooks
from parlant.core.engines.alpha.perceived_performance_policy import (
    NullPerceivedPerformancePolicy,
)

from benchmarks.beside.peers.parlant_model import Service

PORT, TOOLS = 8811, 8812
PATIENCE = 540


@dataclass
class Turn:
    """What the engine did with the comment in hand."""

    matched: list[str] = field(default_factory=list[str])
    decided: threading.Event = field(default_factory=threading.Event)


class Agent:
    """A running Parlant server with one agent."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.outcomes: dict[str, str] = {}
        self.agent_id = ""
        self.turn = Turn()
        self.ready = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Serve until the process ends."""
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.failure = error
            self.ready.set()

    async def _serve(self) -> None:
        told = self.told
        server = p.Server(
            host="127.0.0.1",
            port=PORT,
            tool_service_port=TOOLS,
            nlp_service=lambda container: Service(container, told.url, told.model),
            configure_hooks=self._hooked,
            log_level=p.LogLevel.WARNING,
        )
        async with server:
            await self._protocol(server)
            self._waiting = asyncio.create_task(self._announce(server))

    async def _announce(self, server: p.Server) -> None:
        await server.ready.wait()
        self.ready.set()

    async def _protocol(self, server: p.Server) -> None:
        brief = self.told.brief
        agent = await server.create_agent(
            name=brief["brand"],
            description=f"{voice(brief, 'en')}\nReply in the language of the comment.",
            perceived_performance_policy=NullPerceivedPerformancePolicy(),
            max_engine_iterations=1,
        )
        self.agent_id = agent.id
        for id_, outcome in brief["outcomes"].items():
            for way in outcome["ways"]:
                condition = _condition(brief, way)
                if outcome["action"] == "reply":
                    made = await agent.create_guideline(
                        condition=condition, action=_action(outcome)
                    )
                else:
                    made = await agent.create_observation(condition=condition)
                self.outcomes[made.id] = id_

    async def _hooked(self, hooks: EngineHooks) -> EngineHooks:
        hooks.on_generating_messages.append(self._matched)
        return hooks

    async def _matched(
        self, context: Any, payload: Any, error: Exception | None = None
    ) -> EngineHookResult:
        """Note what matched; of several outcomes the protocol's first counts, as it is written."""
        found = {
            self.outcomes[guideline.id]
            for guideline in context.state.guidelines
            if guideline.id in self.outcomes
        }
        self.turn.matched = [id_ for id_ in self.told.brief["outcomes"] if id_ in found]
        silent = self.turn.matched and self.silent(self.turn.matched[0])
        self.turn.decided.set()
        return EngineHookResult.BAIL if silent else EngineHookResult.CALL_NEXT

    def silent(self, outcome: str) -> bool:
        """Whether the outcome has no reply."""
        return bool(self.told.brief["outcomes"][outcome]["action"] != "reply")


def open_peer(told: Told) -> Peer:
    """A new session for each comment."""
    agent = Agent(told)
    threading.Thread(target=agent.run, daemon=True).start()
    agent.ready.wait()
    if agent.failure:
        raise agent.failure
    client = ParlantClient(base_url=f"http://127.0.0.1:{PORT}", timeout=PATIENCE)

    def peer(case: Plain) -> Said:
        agent.turn = Turn()
        session = client.sessions.create(agent_id=agent.agent_id, allow_greeting=False)
        asked = client.sessions.create_event(
            session_id=session.id,
            kind="message",
            source="customer",
            message=f"{case['text']}{known(told.brief, case)}",
        )
        if not agent.turn.decided.wait(PATIENCE):
            raise TimeoutError("the engine matched nothing in time")
        outcome = agent.turn.matched[0] if agent.turn.matched else None
        if outcome is not None and agent.silent(outcome):
            return Said(outcome=outcome, reply=None)
        return Said(outcome=outcome, reply=_reply(client, session.id, asked.offset))

    return peer


def _reply(client: ParlantClient, session: str, after: int) -> str | None:
    """The message of the turn, or none when the engine is ready without one."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        events = client.sessions.list_events(
            session_id=session,
            min_offset=after + 1,
            kinds="message,status",
            source="ai_agent",
            wait_for_data=PATIENCE,
        )
        for event in events:
            data: Any = event.data
            after = max(after, event.offset)
            if event.kind == "message":
                return str(data.get("message", "")).strip() or None
            if data.get("status") == "error":
                raise RuntimeError(f"the engine failed: {data.get('data')}")
            if data.get("status") == "ready":
                return None
    raise TimeoutError("the engine said nothing in time")


def _condition(brief: Plain, way: list[list[str]]) -> str:
    said = [f"{brief['questions'][node]['text']['en']} {verdict}" for node, verdict in way]
    return "The comment is such that: " + "; ".join(said)


def _action(outcome: Plain) -> str:
    must, never = outcome["must"].get("en", ()), outcome["never"].get("en", ())
    parts = [goal(outcome, "en")]
    parts += [f"include {', '.join(must)}"] if must else []
    parts += [f"avoid {', '.join(never)}"] if never else []
    return "; ".join(parts)


if __name__ == "__main__":
    serve(open_peer)
