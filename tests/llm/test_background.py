"""The two ways to run a model's coroutines for callers without a loop."""

import asyncio
import threading
from collections.abc import Iterator
from contextvars import ContextVar

import pytest

from aplomo.llm.background import Background, Inline

asking: ContextVar[str] = ContextVar("asking", default="nobody")


@pytest.fixture(params=[Background, Inline])
def runner(request: pytest.FixtureRequest) -> Iterator[Background | Inline]:
    made = request.param("test") if request.param is Background else request.param()
    yield made
    made.close()
    assert not made.alive


async def who() -> str:
    async with asyncio.timeout(5):
        await asyncio.sleep(0)
        return asking.get()


class Missing(BaseException):
    """As a missing recording is: no Exception."""


async def fails() -> None:
    raise Missing


def test_work_runs_in_the_context_of_whoever_asks(runner: Background | Inline) -> None:
    token = asking.set("c0")
    try:
        assert runner.run(who()) == "c0"
    finally:
        asking.reset(token)
    with pytest.raises(Missing):
        runner.run(fails())
    assert runner.run(who()) == "nobody"


def test_threads_and_running_loops_may_ask(runner: Background | Inline) -> None:
    got: list[str] = []

    async def both() -> None:
        got.append(runner.run(who()))
        got.append(await runner.arun(who()))

    def work() -> None:
        got.append(runner.run(who()))
        asyncio.run(both())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["nobody"] * 12


def test_an_interrupt_cancels_what_runs_here() -> None:
    ended: list[str] = []

    async def works() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("yes")

    async def interrupted() -> None:
        task = asyncio.ensure_future(works())
        await asyncio.sleep(0)
        task.cancel()
        raise KeyboardInterrupt

    inline = Inline()
    with pytest.raises(KeyboardInterrupt):
        inline.run(interrupted())
    assert inline.run(who()) == "nobody"
    assert ended == ["yes"]
    inline.close()
