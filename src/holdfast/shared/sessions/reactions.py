"""What follows when people sign up and sign in: mails, and forgetting what is over."""

import structlog

from holdfast.integrations import mail
from holdfast.integrations.mail import sandbox
from holdfast.kernel import settings
from holdfast.kernel.jobs import Outside, every, on
from holdfast.kernel.tx import Tx
from holdfast.shared.sessions import codes, credentials, sessions

log = structlog.get_logger()


def _written(code: codes.Code) -> tuple[str, str]:
    """The subject and the text of a code's mail."""
    home = settings.current().public_url
    minutes = int(codes.VALID_FOR.total_seconds() // 60)
    unexpected = "If you did not ask for this, ignore it; nothing happens."
    if code.purpose is codes.Purpose.reset:
        link = f"{home}/reset-password/{codes.link(code)}"
        return (
            "Choose another password",
            f"Choose another password here, within {minutes} minutes:\n\n{link}\n\n{unexpected}",
        )
    if code.purpose is codes.Purpose.reminder:
        return (
            "You have an account already",
            "Somebody, perhaps you, wants to register with this address, which has an account already.\n\n"
            f"Sign in at {home}, or choose another password there if you forgot it. {unexpected}",
        )
    return (
        f"{codes.number(code)} is your code",
        f"Your code is {codes.number(code)}. It is good for {minutes} minutes.\n\n{unexpected}",
    )


@on(codes.Issued, outside=True)
async def mail_code(job: Outside, event: codes.Issued) -> None:
    """The code, link or reminder goes out; one that was used or is over does not."""
    async with job.transaction() as tx:
        code = await tx.find(
            codes.Code,
            "select * from session_code where id = $1 and used_at is null and expires_at > $2",
            event.code_id,
            tx.now,
        )
    if code is None:
        return
    subject, text = _written(code)
    message = mail.Mail(to=code.email, subject=subject, text=text)
    await sandbox.Sandbox(job.transaction).send(message, idempotency_key=job.key)


@on(credentials.PasswordChanged, outside=True)
async def mail_password_changed(job: Outside, event: credentials.PasswordChanged) -> None:
    """The owner hears of every change of their password, so that a stranger's does not go unnoticed."""
    async with job.transaction() as tx:
        credential = await tx.get(credentials.Credential, event.credential_id)
    message = mail.Mail(
        to=credential.email,
        subject="Your password was changed",
        text=(
            "Your password was changed, and your other sessions have ended.\n\n"
            f"If that was not you, choose another at {settings.current().public_url} and look through your API keys."
        ),
    )
    await sandbox.Sandbox(job.transaction).send(message, idempotency_key=job.key)


@on(sessions.Reused, outside=True)
async def mail_reused(job: Outside, event: sessions.Reused) -> None:
    """The owner hears that a session ended because its token was shown twice."""
    async with job.transaction() as tx:
        credential = await tx.one(
            credentials.Credential, "select * from session_credential where person_id = $1", event.person_id
        )
    log.warning("auth.family_revoked", session=str(event.session_id), person=str(event.person_id))
    message = mail.Mail(
        to=credential.email,
        subject="One of your sessions was ended",
        text=(
            "A copy of one of your sessions was used somewhere else, so we ended it everywhere.\n\n"
            f"Sign in again at {settings.current().public_url}. If it happens again, change your password."
        ),
    )
    await sandbox.Sandbox(job.transaction).send(message, idempotency_key=job.key)


@every("1h", platform=True)
async def forget_what_is_over(tx: Tx) -> None:
    """Codes and sessions that are long over are deleted."""
    await codes.forget_expired(tx)
    await sessions.forget_expired(tx)
