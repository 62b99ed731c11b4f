"""Acceptances: whoever was invited to work for a business joins it, with the account they have or with a new one."""

from uuid import UUID

from holdfast.kernel import crypto
from holdfast.kernel.problems import NotAllowed
from holdfast.kernel.tx import Tx
from holdfast.shared.people import invitations, memberships, persons
from holdfast.shared.sessions import credentials


class SignInToAccept(NotAllowed):
    """The invited address has an account; sign in with it, then accept the invitation."""


class ForSomebodyElse(NotAllowed):
    """This invitation is for another address than the one you are signed in with."""


async def accept(tx: Tx, invitation_id: UUID) -> memberships.Membership:
    """The signed-in person joins; ``tx`` is bound to the business, and the link's token was verified.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
        ForSomebodyElse: another address was invited.
        invitations.NotOpen: the invitation was used, taken back, or is over.
        memberships.AlreadyMember: they work here already.
    """
    invitation = await invitations.opened(tx, invitation_id)
    secret = await credentials.own_secret(tx)
    if not crypto.same(secret.email, invitation.email):
        raise ForSomebodyElse
    return await invitations.accept(tx, invitation, person_id=secret.person_id)


async def accept_as_newcomer(
    tx: Tx, invitation_id: UUID, *, name: str, password_hash: str, phone: str | None = None, locale: str = "en"
) -> memberships.Membership:
    """Somebody without an account gets one and joins, all or nothing; ``tx`` is bound to the business.

    The link's token was verified. It came by mail, so the address is proven.

    Raises:
        SignInToAccept: the address has an account; whoever has the link must also have its password.
        invitations.NotOpen: the invitation was used, taken back, or is over.
        Invalid: the name, phone or locale is malformed.
    """
    invitation = await invitations.opened(tx, invitation_id)
    person_id = await persons.add(tx, name=name, phone=phone, locale=locale)
    try:
        await credentials.add(
            tx, person_id=person_id, email=invitation.email, password_hash=password_hash, verified=True
        )
    except credentials.AccountExists:
        raise SignInToAccept from None
    return await invitations.accept(tx, invitation, person_id=person_id)
