"""Outcomes: how a call to an outside service can end other than well, in words that every adapter shares.

Only ``Unknown`` leaves open whether something happened. Whoever gets it asks the service before anything is tried
again; after every other one, nothing has happened.
"""

from datetime import timedelta


class CallFailed(Exception):
    """A call to an outside service did not do what it was made for."""


class Transient(CallFailed):
    """The service could not be reached or could not answer for now; nothing happened, and it may be tried again."""

    def __init__(self, message: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimited(Transient):
    """The service asks to be called less often."""


class Rejected(CallFailed):
    """The service understood and said no. ``code`` is its own word, ``message`` is fit for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Gone(Rejected):
    """The service does not know this object, or no longer."""


class AuthFailed(CallFailed):
    """The service does not accept our credentials."""


class Unsupported(CallFailed):
    """This service has no such thing."""


class Unknown(CallFailed):
    """The request may have been carried out: the answer never came. Ask before anything is tried again."""
