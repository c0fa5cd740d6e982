"""The arithmetic of the comparison and its tables, without anything outside Python's own library."""

import math


def quantile(values, q):
    """The q-quantile, linear between the order statistics, as numpy.quantile."""
    s = sorted(values)
    at = q * (len(s) - 1)
    i = math.floor(at)
    return s[i] + (at - i) * (s[min(i + 1, len(s) - 1)] - s[i])


def spread(values):
    """Median and quartiles."""
    return tuple(quantile(values, q) for q in (0.5, 0.25, 0.75))


def adjacent(blocks):
    """The ratios of a peer's blocks to ours, each to the mean of the one before and the one after it.

    blocks: (ours before, the peer's, ours after), times of one update. Above 1 the peer is slower."""
    return [peer / ((before + after) / 2) for before, peer, after in blocks]


def number(x):
    """Three figures: 0.123, 1.23, 12.3, 123."""
    if x == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(x))))
    return f"{x:.{min(digits, 6)}f}"


def ratio(values):
    """A cell: the median of ratios and, in brackets, the quartiles."""
    middle, low, high = spread(values)
    return f"{number(middle)} ({number(low)} to {number(high)})"


def markdown(head, rows):
    """A table, the first two columns to the left and the others to the right."""
    line = lambda cells: "| " + " | ".join(cells) + " |"
    rule = ["---" if i < 2 else "---:" for i in range(len(head))]
    return "\n".join([line(head), line(rule), *map(line, rows)]) + "\n"


def accepted(error, ours):
    """Whether a gradient that is so far from that in double precision is right to single precision: up to 1e-4 of its length,
    or three times as far as Prospect's in single precision, but never more than 1e-2.

    A relaxation takes small differences of activities, and the largest of some pixels decides in a pooling: the loss of digits
    is the case's, the same for all who compute in single precision."""
    return error <= max(1e-4, 3 * min(ours, 1e-2 / 3))
