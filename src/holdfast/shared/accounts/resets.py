"""Resets: somebody forgot their password, and a link in their mail lets them choose another."""

from uuid import UUID

from holdfast.kernel.tx import Tx
from holdfast.shared.people import persons
from holdfast.shared.sessions import codes, credentials


async def forgot(tx: Tx, *, email: str) -> None:
    """Mail a link to the owner of an account (I66); for any other address, nothing, and nobody is told which."""
    secret = await credentials.secret_of(tx, email)
    if secret is not None and secret.status is persons.Status.active:
        await codes.issue(tx, purpose=codes.Purpose.reset, email=secret.email, credential_id=secret.id)


async def reset(tx: Tx, token: str, *, password_hash: str) -> UUID:
    """Choose another password by a link (I67): once, and every session ends. Gives the person's id.

    Raises:
        crypto.NotGenuine: the link is not one of ours.
        crypto.Expired, codes.LinkUsed: it is over, or was used.
        credentials.ChangedMeanwhile: the password was changed at the same moment.
    """
    code = await codes.spend(tx, token)
    if code.credential_id is None:
        raise codes.LinkUsed
    return await credentials.reset_password(tx, code.credential_id, password_hash=password_hash)
