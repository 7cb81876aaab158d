"""A worker in a process of its own, to be killed: python outbox_worker.py URL-OF-STORE URL-OF-DESK."""

import sys
import threading

from aplomo.embed.brakes import Limits
from aplomo.embed.worker import Worker
from helpdesk import DeskAdapter
from outboxes import outbox

HASTY = Limits(
    first_wait=0.05,
    longest_wait=0.5,
    breaker_seconds=0.1,
    per_thread_hour=1_000_000,
    per_adapter_hour=1_000_000,
)


def main(store: str, desk: str, threads: int = 2) -> None:
    adapter = DeskAdapter(url=desk, timeout=2.0)
    box = outbox(store, adapter, limits=HASTY, lease_seconds=2.0)
    Worker(outbox=box, threads=threads, idle_seconds=0.05, review_seconds=3600).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
