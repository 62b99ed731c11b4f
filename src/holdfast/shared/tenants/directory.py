"""The directory: every business of an installation, for whoever runs it; reads across tenants with the relay's role."""

from uuid import UUID

import msgspec

from holdfast.kernel.database import Database
from holdfast.kernel.problems import NotFound


class Entry(msgspec.Struct, frozen=True):
    """A business, and the short name by which the command line knows it."""

    id: UUID
    name: str
    slug: str


async def every(database: Database) -> list[Entry]:
    """All businesses, by name."""
    async with database.relay.connection() as connection:
        rows = await connection.fetch("select id, name, slug from tenants_tenant order by name, id")
    return [Entry(row["id"], row["name"], row["slug"]) for row in rows]


async def named(database: Database, slug: str) -> Entry:
    """The business of that short name.

    Raises:
        NotFound: there is none.
    """
    async with database.relay.connection() as connection:
        row = await connection.fetchrow("select id, name, slug from tenants_tenant where slug = $1", slug)
    if row is None:
        raise NotFound(f"No business has the short name {slug!r}.")
    return Entry(row["id"], row["name"], row["slug"])
