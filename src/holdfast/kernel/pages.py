"""Pages of lists: keyset cursors, which stay right while rows are added and cost the same on page one and page 900."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from holdfast.kernel.problems import Invalid

T = TypeVar("T")
K = TypeVar("K")

LIMIT = 200
"""The most rows of one page."""


class Page(msgspec.Struct, frozen=True):
    """Which page of a list is asked for (``?after=…&limit=…``)."""

    after: str | None = None
    """The ``next`` of the page before; absent for the first page."""
    limit: Annotated[int, Meta(ge=1, le=LIMIT)] = 50

    @property
    def fetch(self) -> int:
        """How many rows to ask the database for: one more than the page, which tells whether there is a next."""
        return self.limit + 1

    def position(self, kind: type[K]) -> K | None:
        """Where the page before ended, as the key that ``listing`` was given (``UUID``, ``tuple[datetime, UUID]``).

        Raises:
            Invalid: the cursor was not made by this list.
        """
        if not self.after:
            return None
        try:
            raw = base64.urlsafe_b64decode(self.after.encode("ascii") + b"=" * (-len(self.after) % 4))
            return msgspec.json.decode(raw, type=kind)
        except (binascii.Error, UnicodeError, msgspec.MsgspecError, ValueError, RecursionError):
            raise Invalid("This cursor was not made by this list.", field="after") from None

    def after_id(self) -> UUID | None:
        """Where the page before ended, for lists in the order of their ids."""
        return self.position(UUID)

    def after_moment(self) -> tuple[datetime | None, UUID | None]:
        """Where the page before ended, for lists in the order of a moment and then the id."""
        found = self.position(tuple[datetime, UUID])
        return (None, None) if found is None else found


class Listing(msgspec.Struct, Generic[T]):
    """One page of a list, and the cursor of the next."""

    items: list[T]
    next: str | None = None
    """Give it as ``after`` to get the next page; absent on the last."""


def cursor(key: Any) -> str:
    """An opaque cursor of a key; a key is an id or a tuple that ends in one."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode("ascii")


def listing(page: Page, rows: Sequence[T], key: Callable[[T], Any]) -> Listing[T]:
    """The page made of up to ``page.fetch`` rows, in order; ``key`` gives what the list is ordered by."""
    items = list(rows[: page.limit])
    more = len(rows) > page.limit
    return Listing(items=items, next=cursor(key(items[-1])) if more else None)
