"""Decision 0008: what an exception costs compared with a result that has to be unwrapped."""

import timeit

from holdfast.kernel.problems import Problem


class Kept(Problem):
    """The rule was kept."""


def _raise() -> int:
    raise Kept("It is closed.")


def _caught() -> str | None:
    try:
        _raise()
    except Problem as problem:
        return problem.detail
    return None


def _result() -> tuple[int | None, Problem | None]:
    return None, Kept("It is closed.")


def _unwrapped() -> str | None:
    value, problem = _result()
    return problem.detail if problem is not None else str(value)


async def measure() -> dict[str, float]:
    """Microseconds per refusal, raised through one call or returned from it."""
    times = 200_000
    return {
        "microseconds, raised and caught": min(timeit.repeat(_caught, number=times, repeat=5)) / times * 1e6,
        "microseconds, returned and unwrapped": min(timeit.repeat(_unwrapped, number=times, repeat=5)) / times * 1e6,
    }
