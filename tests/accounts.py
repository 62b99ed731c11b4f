"""People with accounts, for tests: made directly in the database, so that no test pays for hashing a password twice."""

from uuid import UUID

import msgspec

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Actor, transaction
from holdfast.shared.people import memberships, persons, roles
from holdfast.shared.sessions import api_keys, credentials
from holdfast.shared.tenants import tenants

# Importing these declares their grants, so that roles hold in tests what they hold on the platform.
DECLARING = (api_keys, tenants)

PASSWORD = "a fine long password"
# What passwords.hash made of it once; checking it costs what checking any password costs.
HASH = "$argon2id$v=19$m=19456,t=2,p=1$dbg9qs54rwfNEKJB9dtGnA$4XYx9eK4uwnowDIifhs8NEIe9y1COb086i2RZO8b2wI"
# The same of bcrypt with cost 12, as an import brings it.
BCRYPT = "$2b$12$jSmOppHfBHyyVZqSB2gCWeabVGTQdDAGlKSfai5b/xf6gl26hrnYG"


class Account(msgspec.Struct, frozen=True):
    """Somebody who can sign in."""

    person: UUID
    email: str

    @property
    def actor(self) -> Actor:
        """The person, signed in somewhere, who may do nothing in particular."""
        return Actor(kind="person", id=self.person, person=self.person)


async def new_account(
    database: Database, *, name: str = "Ana Torres", password_hash: str = HASH, verified: bool = True
) -> Account:
    """A committed person with an account of their own."""
    email = f"p{ids.new().hex}@example.com"
    async with transaction(database, ids.PLATFORM) as tx:
        person = await persons.add(tx, name=name)
        await credentials.add(tx, person_id=person, email=email, password_hash=password_hash, verified=verified)
    return Account(person, email)


async def employ(
    database: Database, tenant: UUID, account: Account, role: str, *, role_id: UUID | None = None
) -> memberships.Membership:
    """Make somebody a member of a business."""
    async with transaction(database, tenant) as tx:
        return await memberships.join(tx, person_id=account.person, email=account.email, role=role, role_id=role_id)


async def member(database: Database, tenant: UUID, role: str) -> tuple[Actor, memberships.Membership]:
    """Somebody new with a built-in role, as the actor that they are in the business."""
    account = await new_account(database)
    joined = await employ(database, tenant, account, role)
    async with transaction(database, tenant) as tx:
        grants = await roles.held(tx, role, None)
    return msgspec.structs.replace(account.actor, grants=grants), joined
