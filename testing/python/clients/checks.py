"""What the scripts of this folder share: checks that run one after the other, and how they compare.

A script declares its checks as functions under `@check`, and ends with `main()`: all run, even if some fail, and
the exit code says whether all were right. `SCRIPT.py NAME…` runs only the checks with these names.
"""

import contextlib
import math
import os
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Iterator

CHECKS: list[Callable[[], None]] = []

# Where the scripts put their own objects: a bucket that nobody mapped.
BUCKET = os.environ.get("FLOODMARK_TEST_BUCKET", "client-checks")
# A database of their own.
DATABASE = os.environ.get("FLOODMARK_TEST_DATABASE", "client_checks")
# The workgroup whose results lie in S3; those of `primary` come through the API.
S3_RESULTS = "s3-results"


def check(function: Callable[[], None]) -> Callable[[], None]:
    """Adds a check to those of the script."""
    CHECKS.append(function)
    return function


def same(found: object, expected: object, of: str = "") -> None:
    """Fails unless both are equal; numbers with a fraction may differ in the last digits."""
    if isinstance(found, float) and isinstance(expected, float) and math.isclose(found, expected, rel_tol=1e-12):
        return
    assert found == expected, f"{of or 'the value'}\n  is       {found!r}\n  and not  {expected!r}"


def holds(text: object, *parts: str) -> None:
    """Fails unless each of the parts stands in the text."""
    for part in parts:
        assert part in str(text), f"`{part}` does not stand in\n  {text}"


@contextlib.contextmanager
def fails(kind: type[BaseException] | tuple[type[BaseException], ...], *parts: str) -> Iterator[list[BaseException]]:
    """Fails unless the block raises such an exception, with these parts in its text. Gives it in a list."""
    raised: list[BaseException] = []
    try:
        yield raised
    except kind as error:
        raised.append(error)
        holds(error, *parts)
    else:
        raise AssertionError(f"nothing was refused, instead of {kind}")


def until(told: Callable[[], object], seconds: float = 30.0) -> object:
    """Asks again until the answer is true, at most so long."""
    end = time.monotonic() + seconds
    while True:
        answer = told()
        if answer:
            return answer
        assert time.monotonic() < end, f"nothing within {seconds} seconds"
        time.sleep(0.05)


def unique(prefix: str) -> str:
    """A name that no other check uses."""
    return f"{prefix}_{uuid.uuid4().hex[:12]}"


def place(folder: str) -> str:
    """A folder in the scripts' own bucket that no other check uses."""
    return f"s3://{BUCKET}/{folder}/{uuid.uuid4().hex[:12]}/"


def main() -> None:
    """Runs the checks of the script, and ends the process."""
    wanted = set(sys.argv[1:])
    chosen = [check for check in CHECKS if not wanted or check.__name__ in wanted]
    failed = 0
    for one in chosen:
        began = time.monotonic()
        try:
            one()
        except Exception:  # noqa: BLE001 - whatever goes wrong is a failed check
            failed += 1
            print(f"FAILED  {one.__name__}\n{traceback.format_exc()}", flush=True)
        else:
            print(f"ok      {one.__name__} ({time.monotonic() - began:.2f} s)", flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} checks passed", flush=True)
    sys.exit(1 if failed or not chosen else 0)
