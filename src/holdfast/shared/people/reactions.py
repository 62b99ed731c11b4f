"""What follows when people are invited and leave."""

from uuid import UUID

from holdfast.integrations import mail
from holdfast.integrations.mail import sandbox
from holdfast.kernel import settings
from holdfast.kernel.jobs import Outside, on
from holdfast.kernel.tx import Tx
from holdfast.shared.people import invitations, memberships


@on(invitations.Invited, outside=True)
async def send_invitation(job: Outside, event: invitations.Invited) -> None:
    """The invited person gets the link; an invitation that was replaced meanwhile sends nothing."""
    async with job.transaction() as tx:
        invitation = await tx.get(invitations.Invitation, event.invitation_id)
        business = await tx.one(str, "select name from tenants_tenant where id = $1", tx.tenant)
        over = invitation.accepted_at or invitation.withdrawn_at or invitation.expires_at <= tx.now
        link = f"{settings.current().public_url}/invitations/{invitations.token(tx.tenant, invitation)}"
    if over:
        return
    message = mail.Mail(
        to=invitation.email,
        subject=f"{business} invites you",
        text=(
            f"{business} asks you to join as {invitation.role}.\n\n{link}\n\n"
            "The link works once, for seven days. If you did not expect it, ignore it."
        ),
    )
    await sandbox.Sandbox(job.transaction).send(message, idempotency_key=job.key)


@on(memberships.Ended)
async def withdraw_their_invitations(tx: Tx, event: memberships.Ended) -> None:
    """Nobody who left keeps a way in by an invitation that they sent before."""
    still_open = await tx.all(
        UUID,
        "select id from people_invitation where invited_by = $1 and accepted_at is null and withdrawn_at is null "
        "order by id limit 1000",
        event.person_id,
    )
    for invitation_id in still_open:
        await invitations.withdraw(tx, invitation_id)
