"""The gate before every route: who sends this, may they, how often, and does it come from our own page.

It is a middleware of Litestar's and not one of its guards, since Litestar copies the whole handler for each guard at
each request, which costs more than everything that is checked here.
"""

from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.http import csrf, errors, idempotency, parameters, rates, thin
from holdfast.kernel.http import exchange as exchanges
from holdfast.kernel.http.caller import Authenticate, Credentials, Identity, Remembered
from holdfast.kernel.http.exchange import Exchange
from holdfast.kernel.problems import Invalid, NotAllowed, NotSignedIn
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import NOBODY, Actor

API_KEY_HEADER = "X-API-Key"
TENANT_HEADER = "Holdfast-Tenant"
DEVICE_HEADER = "Holdfast-Device"


class Rules(msgspec.Struct, frozen=True):
    """What a route declares about who may use it and how."""

    public: bool
    signed_in: bool
    grants: tuple[str, ...]
    idempotency: str
    rate: str | None
    moments: frozenset[str]
    plan: thin.Plan | None = None

    def opens(self, actor: Actor) -> bool:
        """Whether the actor holds one of the grants at all; for a scoped one the command decides on what."""
        return actor.kind == "platform" or any(
            grant in actor.grants or f"{grant}@site" in actor.grants or f"{grant}@own" in actor.grants
            for grant in self.grants
        )


def rules(handler: BaseRouteHandler) -> Rules:
    """The rules of a route, from ``grant=…``, ``signed_in=True`` or ``public=True`` and its other options.

    ``grant`` may be a tuple, any of which opens the route. ``idempotency`` is ``"accepted"`` (the default for unsafe
    methods), ``"required"`` where money or anything counted moves, or ``"unused"``. ``rate="sign_in"`` counts failures
    against the stricter limit, and leaves keys unused, since its answers are secrets. ``thin=True`` is for the hot
    list.
    """
    opt = handler.opt
    grant = opt.get("grant")
    rate = opt.get("rate")
    return Rules(
        public=opt.get("public") is True,
        signed_in=opt.get("signed_in") is True,
        grants=() if grant is None else (grant,) if isinstance(grant, str) else tuple(grant),
        idempotency=opt.get("idempotency", "unused" if rate == "sign_in" else "accepted"),
        rate=rate,
        moments=parameters.moments(handler),
        plan=thin.plan(handler) if opt.get("thin") and isinstance(handler, HTTPRouteHandler) else None,
    )


@lru_cache(maxsize=4096)
def _id(raw: bytes, header: str) -> UUID:
    try:
        return UUID(raw.decode("ascii"))
    except ValueError:
        what = "tenant" if header == TENANT_HEADER else "device"
        raise Invalid(f"It must be the id of a {what}.", field=header) from None


class Admission:
    """What decides, one per application."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        authenticate: Authenticate,
        remembered: Remembered,
        counters: rates.Rates,
    ) -> None:
        self._settings = settings
        self._database = database
        self._authenticate = authenticate
        self._remembered = remembered
        self._rates = counters
        self._thin = thin.Thin(database, remembered)
        self._cookie = csrf.session_cookie_name(settings)
        self._device_cookie = csrf.device_cookie_name(settings)
        self._rules: dict[BaseRouteHandler, Rules] = {}

    def gate(self, app: ASGIApp) -> ASGIApp:
        """The middleware: routing has found the handler, and nothing of the body has been read."""

        async def gated(scope: Scope, receive: Receive, send: Send) -> None:
            rule = await self.admit(scope)
            if rule.plan is None:
                await app(scope, receive, send)
            else:
                await self._thin(rule.plan, scope, receive, send)

        return gated

    async def admit(self, scope: Any) -> Rules:
        """Admit a request by the rules of its route, or refuse it.

        Raises:
            NotSignedIn: the route is not public and the credentials are missing or bad.
            NotAllowed: the actor lacks the route's grant.
            CrossSite: a cookie session without its token, or a device from another site's page.
            TooMany: the person, the key, or the failed sign-ins of the address are over their limit.
            Invalid: a header that says tenant, device or idempotency key is malformed.
        """
        exchange = exchanges.of(scope)
        handler: BaseRouteHandler = scope["route_handler"]
        rule = self._rules.get(handler)
        if rule is None:
            rule = self._rules[handler] = rules(handler)
        method = scope["method"]
        if method == "OPTIONS":
            raise errors.Options
        if rule.rate == "sign_in" and self._settings.rate_limit_sign_ins:
            await self._count_sign_in(exchange)
        exchange.identity = identity = await self._identify(exchange, rule, safe=method in csrf.SAFE)
        await self._permit(exchange, rule, identity)
        if rule.moments and scope["query_string"]:
            parameters.check(scope["query_string"], rule.moments)
        if method not in csrf.SAFE and rule.idempotency != "unused":
            exchange.key = idempotency.key_of(exchange, required=rule.idempotency == "required")
        return rule

    async def _identify(self, exchange: Exchange, rule: Rules, *, safe: bool) -> Identity:
        headers = exchange.headers
        raw_tenant = headers.get(b"holdfast-tenant")
        tenant = exchange.tenant = None if raw_tenant is None else _id(raw_tenant, TENANT_HEADER)
        credentials = self._credentials(exchange, tenant)
        if credentials is None:
            if not safe and csrf.cross_site(exchange, self._settings):
                raise errors.CrossSite
            return Identity(tenant=tenant or ids.PLATFORM, actor=NOBODY)
        if (
            credentials.cookie is not None
            and not safe
            and not csrf.proven(exchange, self._settings, credentials.cookie)
        ):
            # A public route needs no session, so a stale token there costs the caller only the session.
            if not rule.public or csrf.cross_site(exchange, self._settings):
                raise errors.CrossSite
            return Identity(tenant=tenant or ids.PLATFORM, actor=NOBODY)
        if credentials.device is not None and not safe and csrf.cross_site(exchange, self._settings):
            raise errors.CrossSite
        digest = self._remembered.digest(credentials)
        identity = self._remembered.get(digest)
        if identity is None:
            try:
                identity = await self._authenticate(self._database, credentials)
            except (NotSignedIn, NotAllowed):
                if rule.public:
                    return Identity(tenant=tenant or ids.PLATFORM, actor=NOBODY)
                raise
            self._remembered.put(digest, identity)
        return identity

    def _credentials(self, exchange: Exchange, tenant: UUID | None) -> Credentials | None:
        headers = exchange.headers
        shown = self._shown(exchange, tenant)
        device = headers.get(b"holdfast-device")
        if device is None:
            return shown
        secret = csrf.cookie_value(exchange.header(b"cookie"), self._device_cookie)
        return msgspec.structs.replace(
            shown or Credentials(tenant=tenant), device=_id(device, DEVICE_HEADER), device_secret=secret
        )

    def _shown(self, exchange: Exchange, tenant: UUID | None) -> Credentials | None:
        """What the request shows of a person or a program."""
        headers = exchange.headers
        authorization = headers.get(b"authorization")
        if authorization is not None:
            scheme, _, value = authorization.partition(b" ")
            if scheme.lower() == b"bearer":
                return Credentials(bearer=value.strip().decode("latin-1"), tenant=tenant)
        key = headers.get(b"x-api-key")
        if key is not None:
            return Credentials(api_key=key.decode("latin-1"), tenant=tenant)
        if b"cookie" in headers:
            session = csrf.cookie_value(exchange.header(b"cookie"), self._cookie)
            if session:
                return Credentials(cookie=session, tenant=tenant)
        return None

    async def _permit(self, exchange: Exchange, rule: Rules, identity: Identity) -> None:
        actor = identity.actor
        if actor.id is not None and self._settings.rate_limit_requests:
            # One person behind many addresses is limited as one address behind many people is.
            rate = await self._rates.hit(f"{actor.kind}:{actor.id}", self._settings.rate_limit_requests)
            rate.check()
        if rule.public:
            return
        if actor.kind == "nobody":
            raise NotSignedIn
        if not rule.signed_in and not rule.opens(actor):
            # A route that declares nothing opens to nobody.
            names = " or ".join(rule.grants) or "that nobody holds"
            raise NotAllowed(f"It takes the grant {names}.")

    async def _count_sign_in(self, exchange: Exchange) -> None:
        what = f"sign_in:{rates.network(exchange.address)}"
        rate = await self._rates.hit(what, self._settings.rate_limit_sign_ins)
        if rate.hits <= rate.limit:
            exchange.refund = what
        exchange.rate = rate.headers()
        rate.check()
