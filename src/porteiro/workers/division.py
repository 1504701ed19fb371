"""Which extension lives in which worker."""

from collections import Counter
from collections.abc import Iterable, Mapping


def divide(wanted: Iterable[int], before: Mapping[int, int], workers: int) -> dict[int, int]:
    """Return each extension's worker, by its id; workers count from 0.

    An extension stays where it was `before`; a new one goes where there are fewest. So
    nothing moves because others come and go, and what comes evens out what has gone.
    """
    ids = sorted(wanted)
    divided = {i: before[i] for i in ids if i in before and before[i] < workers}
    load = Counter(divided.values())
    for i in ids:
        if i not in divided:
            divided[i] = min(range(workers), key=lambda worker: (load[worker], worker))
            load[divided[i]] += 1
    return divided
