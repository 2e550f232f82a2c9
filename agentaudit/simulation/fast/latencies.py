"""Latencies of a run of columns, without a record for each request."""

import numpy as np

from agentaudit.simulation.fast.columns import Ints


def percentile_ns(values_ns: Ints, part: int) -> int:
    """The smallest value that at least `part` of a hundred do not exceed, found without sorting."""
    place = max(-(-part * len(values_ns) // 100), 1) - 1
    return int(np.partition(values_ns, place)[place])
