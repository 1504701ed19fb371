"""How fast FreeSWITCH's event socket is read: MB/s over the recordings of a real one.

    python -m benchmarks.esl_parser [--runs 15] [--piece 1460]

Every recording is read whole, over and over, as the network would bring it: in pieces of
some bytes. Prints one JSON object: megabytes a second of CPU time of each run, the best
and the median of them, and the microseconds that a message takes on average.
"""

import argparse
import json
import time
from statistics import median
from typing import Final

from porteiro.wire.esl import EslParser
from tests.fixtures_path import fixtures

MEGABYTE: Final = 1e6
ROUNDS: Final = 20


def pieces_of(data: bytes, size: int) -> list[bytes]:
    """Cut a recording as a network does."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def run(recordings: list[list[bytes]]) -> tuple[float, int]:
    """Read everything `ROUNDS` times; return the CPU seconds and how many messages there were."""
    messages = 0
    began = time.process_time()
    for _ in range(ROUNDS):
        for pieces in recordings:
            parser = EslParser()
            for piece in pieces:
                for _message in parser.receive(piece):
                    messages += 1
    return time.process_time() - began, messages


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=15)
    arguments.add_argument("--piece", type=int, default=1460, help="bytes at once")
    given = arguments.parse_args()
    paths = sorted(fixtures("freeswitch").glob("esl_*.from_fs.txt"))
    recordings = [pieces_of(path.read_bytes(), given.piece) for path in paths]
    size = sum(path.stat().st_size for path in paths)
    runs = [run(recordings) for _ in range(given.runs)]
    speeds = [ROUNDS * size / MEGABYTE / seconds for seconds, _ in runs]
    figures = {
        "recordings": len(paths),
        "bytes": size,
        "mb_per_s": [round(speed, 1) for speed in speeds],
        "best_mb_per_s": round(max(speeds), 1),
        "median_mb_per_s": round(median(speeds), 1),
        "us_a_message": round(min(seconds / messages for seconds, messages in runs) * 1e6, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
