"""What a batch cost: seconds, calls and outcomes, read from its records.

    aplomo draft --input comments.csv --output out.jsonl && python benchmarks/record.py out.jsonl

The first comment of each language reads the static prompts once; medians hide it, the maximum
shows it.
"""

import json
import statistics
import sys
from collections import Counter
from pathlib import Path


def main(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    records = [record for line in lines if (record := json.loads(line)).get("outcome")]
    seconds = [record["usage"]["seconds"] for record in records]
    drafted = [record for record in records if record["reply"]]
    origins = Counter(record["reply"]["origin"] for record in drafted)
    print(f"{len(records)} decisions of {len(lines)} rows")
    print(f"seconds a comment: median {statistics.median(seconds):.1f}, max {max(seconds):.1f}")
    if drafted:
        of_drafted = [record["usage"]["seconds"] for record in drafted]
        print(f"  with a draft: {len(drafted)}, median {statistics.median(of_drafted):.1f}")
    print(f"calls: {dict(Counter(record['usage']['calls'] for record in records))}")
    print(f"status: {dict(Counter(record['status'] for record in records))}")
    print(f"outcome: {dict(Counter(record['outcome']['id'] for record in records))}")
    print(f"reply by: {dict(origins)}")


main(Path(sys.argv[1]))
