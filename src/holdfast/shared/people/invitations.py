"""Invitations: somebody is asked by mail to work here; the link in the mail is signed, and works once."""

import re
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from holdfast.kernel import auth, crypto, ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.people import memberships, roles

VALID_FOR = timedelta(days=7)
_PURPOSE = "people.invitation"
_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"']{1,64}@(?=.{4,190}$)[^\s@.<>()\[\]\\,;:\"']+(\.[^\s@.<>()\[\]\\,;:\"']+)+")


class Invitation(Row):
    """An invitation to work here."""

    table: ClassVar[str] = "people_invitation"
    id: UUID
    email: str
    role: str
    role_id: UUID | None
    sites: list[UUID]
    invited_by: UUID | None
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    withdrawn_at: datetime | None
    membership_id: UUID | None


class Invited(Event):
    """Somebody was invited; the mail follows from this."""

    name: ClassVar[str] = "people.invitations.invited"
    subject: ClassVar[str] = "invitation_id"
    invitation_id: UUID
    role: str


class Accepted(Event):
    """An invitation was accepted."""

    name: ClassVar[str] = "people.invitations.accepted"
    subject: ClassVar[str] = "invitation_id"
    invitation_id: UUID
    membership_id: UUID
    person_id: UUID


class Withdrawn(Event):
    """An invitation was taken back, or replaced by a newer one to the same address."""

    name: ClassVar[str] = "people.invitations.withdrawn"
    subject: ClassVar[str] = "invitation_id"
    invitation_id: UUID


class NotOpen(Problem):
    """This invitation was accepted, taken back or replaced, or it has expired; ask for a new one."""


def checked_email(email: str) -> str:
    """An e-mail address in the one spelling that is stored: trimmed, lower case.

    Raises:
        Invalid: it is no address.
    """
    address = email.strip().lower()
    if len(address) > 254 or not _EMAIL.fullmatch(address) or not address.isprintable():
        raise Invalid("Write an e-mail address such as ana@example.com.", field="email")
    return address


def token(tenant: UUID, invitation: Invitation) -> str:
    """The secret in the link of the mail; worked out when it is needed, stored nowhere."""
    return crypto.sign(_PURPOSE, tenant.bytes + invitation.id.bytes, invitation.expires_at)


def addressed(link: str, now: datetime) -> tuple[UUID, UUID]:
    """The business and the invitation that a link's token names.

    Raises:
        crypto.NotGenuine: we did not make it.
        crypto.Expired: it is over.
    """
    payload = crypto.verify(_PURPOSE, link, now)
    return UUID(bytes=payload[:16]), UUID(bytes=payload[16:])


async def invite(
    tx: Tx, *, email: str, role: str, role_id: UUID | None = None, sites: list[UUID] | None = None
) -> Invitation:
    """Invite somebody to work here; an open invitation to the same address is replaced.

    Raises:
        auth.MoreThanYouHold: the role holds more than the actor.
        memberships.AlreadyMember: somebody with this address works here.
        Invalid: the address or the role is malformed, or the role is for customers.
        Reused: another invitation to the same address was sent at the same moment.
    """
    tx.must("people.manage")
    address = checked_email(email)
    if role == "customer":
        raise Invalid("Customers enrol; invitations are for people who work here.", field="role")
    auth.must_hold(tx.actor, await roles.held(tx, role, role_id))
    if await tx.find(
        UUID,
        "select id from people_membership where email = $1 and ended_at is null and role <> 'customer' limit 1",
        address,
    ):
        raise memberships.AlreadyMember
    replaced = await tx.all(
        UUID,
        "update people_invitation set withdrawn_at = $2 "
        "where email = $1 and accepted_at is null and withdrawn_at is null returning id",
        address,
        tx.now,
    )
    for id_ in replaced:
        await tx.emit(Withdrawn(invitation_id=id_))
    invitation = await tx.insert(
        Invitation,
        id=ids.new(),
        email=address,
        role=role,
        role_id=role_id,
        sites=sorted(set(sites or ())),
        invited_by=tx.actor.person,
        created_at=tx.now,
        expires_at=tx.now + VALID_FOR,
    )
    await tx.emit(Invited(invitation_id=invitation.id, role=role))
    return invitation


async def withdraw(tx: Tx, invitation_id: UUID) -> Invitation:
    """Take an open invitation back.

    Raises:
        NotOpen: it was accepted or taken back before.
        NotFound: there is no such invitation here.
    """
    tx.must("people.manage")
    invitation = await tx.get(Invitation, invitation_id, lock=True)
    if invitation.accepted_at is not None or invitation.withdrawn_at is not None:
        raise NotOpen
    invitation = await tx.update(invitation, withdrawn_at=tx.now)
    await tx.emit(Withdrawn(invitation_id=invitation.id))
    return invitation


async def opened(tx: Tx, invitation_id: UUID) -> Invitation:
    """An invitation that can be accepted, locked, so that of two acceptances the second finds it used.

    The caller has verified the link's token: it stands for the invited address.

    Raises:
        NotOpen: it cannot be accepted any more.
    """
    try:
        invitation = await tx.get(Invitation, invitation_id, lock=True)
    except NotFound:
        raise NotOpen from None
    if invitation.accepted_at or invitation.withdrawn_at or invitation.expires_at <= tx.now:
        raise NotOpen
    return invitation


async def accept(tx: Tx, invitation: Invitation, *, person_id: UUID) -> memberships.Membership:
    """The invited person, whose address was proven, becomes a member. ``invitation`` comes from ``opened``.

    Raises:
        memberships.AlreadyMember: they work here already.
        Invalid: the role was removed meanwhile.
    """
    member = await memberships.join(
        tx,
        person_id=person_id,
        email=invitation.email,
        role=invitation.role,
        role_id=invitation.role_id,
        sites=invitation.sites,
    )
    await tx.update(invitation, accepted_at=tx.now, membership_id=member.id)
    await tx.emit(Accepted(invitation_id=invitation.id, membership_id=member.id, person_id=person_id))
    return member


async def waiting(tx: Tx, page: Page) -> Listing[Invitation]:
    """Invitations that are neither accepted nor taken back, oldest first; those that expired are among them."""
    tx.must("people.read")
    found = await tx.all(
        Invitation,
        "select * from people_invitation where accepted_at is null and withdrawn_at is null "
        "and ($1::uuid is null or id > $1) order by id limit $2",
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, found, lambda invitation: invitation.id)
