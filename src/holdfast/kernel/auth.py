"""Auth: which grants exist, which roles hold them, and the tokens that say who is asking.

A grant is an action on a resource, such as ``loyalty.stamp``, held for the whole tenant. With a scope it is narrower:
``loyalty.stamp@site`` holds at the actor's own sites, ``loyalty.read@own`` for what the actor owns. The noun file that
checks a grant declares it, beside the rule: ``grant("loyalty.stamp", "Add a stamp to a card", roles=("owner",
"staff@site"))``. The table of all of them is docs/grants.md, which a test compares with the code.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import msgspec

from holdfast.kernel import crypto, ids
from holdfast.kernel.problems import NotAllowed, NotSignedIn
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Actor

ROLES = ("owner", "manager", "staff", "customer")
"""The roles that every tenant has, from the most to the least; a tenant adds its own as sets of grants."""

SCOPES = ("site", "own")

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+(@(site|own))?")


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that may be done, and the built-in roles that may do it."""

    name: str
    meaning: str
    """What the holder may do, as a person would say it."""
    roles: tuple[str, ...] = ()
    """Built-in roles that hold it, each with the scope in which they do: ``owner``, ``staff@site``."""


class MoreThanYouHold(NotAllowed):
    """Nobody can give away a right that they do not hold themselves."""


GRANTS: dict[str, Grant] = {}
"""Every declared grant by its name. Complete once the application has imported its parts."""


def grant(name: str, meaning: str, *, roles: Iterable[str] = ()) -> str:
    """Declare a grant where it is checked; gives its name back.

    Args:
        name: ``<system>.<action>``, with ``@own`` or ``@site`` only when nobody ever holds it for the whole tenant.
        meaning: what the holder may do, for the table in the documentation and the screen where roles are made.
        roles: built-in roles that hold it; ``customer@own`` holds it within that scope only.

    Raises:
        TypeError: the name or a role is malformed, or the grant was declared differently before.
    """
    declared = Grant(name=name, meaning=meaning, roles=tuple(roles))
    if not _NAME.fullmatch(name):
        raise TypeError(f"{name!r} is not a grant such as 'loyalty.stamp' or 'loyalty.read@own'.")
    for entry in declared.roles:
        role, _, scope = entry.partition("@")
        if role not in ROLES or (scope and (scope not in SCOPES or "@" in name)) or entry.endswith("@"):
            raise TypeError(f"{entry!r} is not a built-in role that could hold {name}.")
    if GRANTS.setdefault(name, declared) != declared:
        raise TypeError(f"The grant {name} is declared twice, and differently.")
    return name


def of_role(role: str) -> frozenset[str]:
    """What a built-in role holds; nothing for any other name."""
    return frozenset(
        f"{declared.name}@{scope}" if scope else declared.name
        for declared in GRANTS.values()
        for name, _, scope in (entry.partition("@") for entry in declared.roles)
        if name == role
    )


def known(name: str) -> bool:
    """Whether a grant was declared, under this name or without its scope."""
    base, at, scope = name.partition("@")
    return name in GRANTS or (bool(at) and scope in SCOPES and base in GRANTS)


def holds(held: Iterable[str], asked: str) -> bool:
    """Whether ``asked`` is among the held grants, itself or as the same grant for the whole tenant."""
    return asked in (among := frozenset(held)) or asked.partition("@")[0] in among


def narrowed(held: Iterable[str], to: Iterable[str]) -> frozenset[str]:
    """The part of the held grants that ``to`` leaves over; where the two differ in scope, the narrower one."""
    among, limits = frozenset(held), frozenset(to)
    return frozenset(name for name in limits if holds(among, name)) | frozenset(
        name for name in among if holds(limits, name)
    )


def must_hold(actor: Actor, grants: Iterable[str]) -> None:
    """Stop unless the actor holds every one of these grants, and so may give them to somebody.

    What a role holds in a system that is switched off counts: it holds it again when the system is switched on.

    Raises:
        MoreThanYouHold: one is missing.
    """
    own = actor.grants | actor.dormant
    missing = sorted(name for name in grants if actor.kind != "platform" and not holds(own, name))
    if missing:
        raise MoreThanYouHold(f"You do not hold {', '.join(missing)}.", grants=missing)


def document() -> str:
    """The table of docs/grants.md, made from the grants that are declared in this process."""
    lines = [
        "# Grants",
        "",
        "What each built-in role may do. `yes` holds for the whole business, `site` at the person's own sites, `own`",
        "for what belongs to the person. A business adds roles of its own as sets of these grants. This page is made",
        "from the code by `make docs`, and a test compares the two.",
        "",
        f"| grant | {' | '.join(ROLES)} | meaning |",
        f"|---|{'---|' * len(ROLES)}---|",
    ]
    for name, declared in sorted(GRANTS.items()):
        held: dict[str, list[str]] = {role: [] for role in ROLES}
        for role, _, scope in (entry.partition("@") for entry in declared.roles):
            held[role].append(scope or "yes")
        cells = " | ".join(", ".join(scopes) for scopes in held.values())
        lines.append(f"| `{name}` | {cells} | {declared.meaning} |")
    return "\n".join(lines) + "\n"


# Access tokens: short-lived JSON Web Tokens. They say which session asks; what it may do is looked up, so that a
# change of role or a sign-out counts at once (or within the seconds that a process remembers a token).

_ALGORITHM = "HS256"
_AUDIENCE = "holdfast.api"
_LEEWAY_SECONDS = 5


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What an access token says."""

    person: UUID
    session: UUID
    tenant: UUID
    """The tenant acted in when the request names none; the platform's for a person without one."""
    issued_at: datetime
    expires_at: datetime
    id: UUID


def issue(settings: Settings, *, person: UUID, session: UUID, tenant: UUID, now: datetime) -> str:
    """A signed access token, good for ``access_token_seconds``."""
    name, key = next(iter(crypto.ring().signing("access-token").items()))
    issued = int(now.timestamp())
    claims = {
        "iss": settings.public_url,
        "aud": _AUDIENCE,
        "sub": str(person),
        "sid": str(session),
        "tid": str(tenant),
        "iat": issued,
        "exp": issued + settings.access_token_seconds,
        "jti": str(ids.new()),
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": name.hex()})


def read(settings: Settings, token: str) -> Claims:
    """What a genuine access token says.

    Only our own algorithm, issuer and audience are accepted, whatever the token claims about itself.

    Raises:
        NotSignedIn: it is not genuine, or it has expired.
    """
    try:
        header = jwt.get_unverified_header(token)
        key = crypto.ring().signing("access-token").get(bytes.fromhex(str(header.get("kid"))))
        if key is None:
            raise NotSignedIn("The access token was signed by somebody else.")
        claims = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            issuer=settings.public_url,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "sub", "sid", "tid", "iat", "exp", "jti"]},
        )
        return Claims(
            person=UUID(claims["sub"]),
            session=UUID(claims["sid"]),
            tenant=UUID(claims["tid"]),
            issued_at=datetime.fromtimestamp(claims["iat"], UTC),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=_LEEWAY_SECONDS),
            id=UUID(claims["jti"]),
        )
    except jwt.ExpiredSignatureError:
        raise NotSignedIn("The access token has expired.") from None
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError):
        raise NotSignedIn("The access token is not genuine.") from None
