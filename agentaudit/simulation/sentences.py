"""How answers are worded: numbers, times and changes."""

_SECOND_NS = 1_000_000_000


def from_to(before_ns: float, after_ns: float) -> str:
    """`from 3.12 s to 2.83 s (-9%)`."""
    percents = round(share_of_change(before_ns, after_ns) * 100)
    change = f"{percents:+d}%" if percents else "no change"
    return f"from {time(before_ns)} to {time(after_ns)} ({change})"


def signed(share: float) -> str:
    """`-34%`, `0%`, `+5%`."""
    percents = round(share * 100)
    return f"{percents:+d}%" if percents else "0%"


def share_of_change(before: float, after: float) -> float:
    """-0.34 is a third less."""
    return after / before - 1 if before else 0.0


def figure(amount: float, digits: int = 3) -> str:
    """`0.0312`, `3.12`, `21,000`: so many digits, and all that stand before the point."""
    whole = amount >= 10 ** (digits - 1)
    return f"{amount:,.0f}" if whole else f"{amount:.{digits}g}"


def time(time_ns: float) -> str:
    """`3.12 s`, `830 ms`, `7,200 s`."""
    if time_ns >= _SECOND_NS:
        return f"{figure(time_ns / 1e9)} s"
    return f"{figure(time_ns / 1e6)} ms"
