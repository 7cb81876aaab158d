"""Ten thousand hooks' worth of messages through the outbox, with everything going wrong.

    python benchmarks/outbox.py [MESSAGES] [STORE-URL]

Two thirds of the hooks are repeats, all are out of order, the tool fails one request in twenty (and
now and then altogether), and workers are killed with SIGKILL. What must hold is checked at the end.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from helpdesk import running
from storm import Storm

last_told = 0.0


def tell(started: float, line: str) -> None:
    global last_told
    if (now := time.monotonic()) - last_told > 10:
        last_told = now
        print(f"  {now - started:6.0f} s  {line}", flush=True)


def main(deliveries: int = 10_000, url: str = "") -> None:
    with tempfile.TemporaryDirectory() as folder, running() as desk:
        store = url or f"sqlite:///{folder}/storm.db"
        storm = Storm(
            store=store,
            desk=desk,
            messages=-(-deliveries // 3),
            kills=10,
            workers=2,
            trouble_rate=0.05,
        )
        started = time.monotonic()
        box = storm.run(told=lambda line: tell(started, line))
        seconds = time.monotonic() - started
        threads = [f"t{number}" for number in range(storm.messages)]
        drafts = [len(desk.notes(thread)) for thread in threads]
        times = sorted(storm.receive_seconds)
        print(f"hooks {len(times)}, messages {storm.messages}, {seconds:.0f} s in all")
        print(f"tool troubles {sum(storm.troubles.values())}: {dict(storm.troubles)}")
        print(f"workers killed {storm.killed}; requests to the tool {len(desk.requests)}")
        print(
            f"receiving: median {times[len(times) // 2] * 1000:.1f} ms, "
            f"p99 {times[len(times) * 99 // 100] * 1000:.1f} ms"
        )
        print(
            f"drafts: exactly one {drafts.count(1)}, none {drafts.count(0)}, "
            f"more {sum(count > 1 for count in drafts)}"
        )
        print(f"sent: {sum(len(desk.public(thread)) for thread in threads)}")
        print(f"delivered in the store: {box.store.ledger.count(['delivered'])}")
        box.store.close()
        assert drafts.count(1) == storm.messages
        assert not any(desk.public(thread) for thread in threads)


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:2]], *sys.argv[2:3])
