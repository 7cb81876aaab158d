"""Event loops that sync and async callers share, so that both use one client."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

__all__ = ["Background", "Inline"]

T = TypeVar("T")


class Background:
    """A running event loop. Any thread, and any other event loop, may hand it coroutines."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """False once closed, and in a forked child, where the thread does not exist."""
        return self._thread.is_alive()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` and wait for it. The coroutine bounds its own time; Ctrl-C cancels it."""
        future = self._submit(work)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def arun(self, work: Coroutine[Any, Any, T]) -> T:
        """The async twin of `run`; cancelling the caller cancels `work`."""
        return await asyncio.wrap_future(self._submit(work))

    def close(self) -> None:
        """Cancel what still runs and end the loop and its thread."""
        if not self.alive:
            return
        asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)


class Inline:
    """Runs work in the thread that asks: a tenth of the cost, where it waits for nothing.

    A thread that has a running loop of its own is helped out by a Background.
    """

    def __init__(self) -> None:
        self._own = threading.local()
        self._loops: list[asyncio.AbstractEventLoop] = []
        self._helper: Background | None = None
        self._lock = threading.Lock()
        self.alive = True

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` here and now; Ctrl-C cancels it."""
        if asyncio._get_running_loop() is not None:  # noqa: SLF001 -- the public one raises
            return self._help().run(work)
        loop = self._loop()
        task = loop.create_task(work)
        try:
            return loop.run_until_complete(task)
        except BaseException:
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    loop.run_until_complete(task)
            raise

    async def arun(self, work: Coroutine[Any, Any, T]) -> T:
        """The async twin of `run`."""
        return await work

    def close(self) -> None:
        """End every loop; nothing may run any more."""
        self.alive = False
        with self._lock:
            for loop in self._loops:
                loop.close()
            if self._helper is not None:
                self._helper.close()

    def _loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop | None = getattr(self._own, "loop", None)
        if loop is None:
            loop = self._own.loop = asyncio.new_event_loop()
            with self._lock:
                self._loops.append(loop)
        return loop

    def _help(self) -> Background:
        with self._lock:
            self._helper = self._helper or Background("aplomo-inline")
            return self._helper


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
