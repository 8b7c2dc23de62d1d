"""How long to wait before trying again."""


def backoff(attempt: int, *, base: float, cap: float, chance: float) -> float:
    """Seconds to wait before the `attempt`th retry, counted from 1: doubling from `base` to `cap`, with jitter.

    `chance`, between 0 and 1, is the dice: the result lies between half of the nominal time and all of it.
    """
    nominal = min(cap, base * 2.0 ** min(attempt - 1, 60))
    return nominal * (0.5 + chance / 2)
