"""A client of the platform's own API, as any program outside would be: it signs in, refreshes, and is told problems."""

import asyncio
import time
from types import TracebackType
from typing import Any, Self

import httpx2


class Refused(Exception):
    """The API answered a problem; ``code`` names it."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code


class Client:
    """One person's connection to the API."""

    def __init__(self, address: str) -> None:
        self._http = httpx2.AsyncClient(base_url=address, timeout=30)
        self._email = ""
        self._password = ""
        self._expires = 0.0
        self._refresh_token: str | None = None
        self.tenant: str | None = None
        self.token = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        png: bytes | None = None,
        card: str | None = None,
        **parameters: str,
    ) -> Any:
        """Send a request, with a JSON body or a picture, perhaps about a card of that token; give the answer's JSON.

        Raises:
            Refused: it was answered with a problem.
        """
        if self._refresh_token is not None and time.monotonic() > self._expires:
            token, self._refresh_token = self._refresh_token, None
            self._keep(await self.call("POST", "/api/auth/refresh", {"refresh_token": token}))
        headers = {} if png is None else {"Content-Type": "image/png"}
        if card is not None:
            headers["Holdfast-Card"] = card
        answer = await self._http.request(method, path, json=body, content=png, headers=headers, params=parameters)
        if answer.is_success:
            return answer.json() if answer.content else None
        problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        raise Refused(answer.status_code, problem.get("code", ""), problem.get("detail") or problem.get("title", ""))

    async def sign_in(self, email: str, password: str) -> None:
        """Sign in as a program does: the tokens come in the body.

        Raises:
            Refused: there is no such account, or its address is not proven.
        """
        login = {"email": email, "password": password, "client": "api", "device": "demo"}
        self._keep(await self.call("POST", "/api/auth/login", login))

    def _keep(self, session: dict[str, Any]) -> None:
        self.token = session["access_token"]
        self._http.headers["Authorization"] = f"Bearer {self.token}"
        self._refresh_token = session["refresh_token"]
        # A minute early, so that no request meets the end of its token.
        self._expires = time.monotonic() + session["expires_in"] - 60

    def act_in(self, tenant: str) -> None:
        """Act in that business from now on."""
        self.tenant = tenant
        self._http.headers["Holdfast-Tenant"] = tenant

    async def mail(self, to: str, containing: str, *, seconds: float = 30) -> str:
        """The newest mail of the sandbox to an address whose text has that word, once the worker has sent it.

        Raises:
            TimeoutError: none came.
        """
        async with asyncio.timeout(seconds):
            while True:
                for mail in (await self.call("GET", "/api/sandbox/mail", to=to))["items"]:
                    if containing in mail["body"]:
                        return str(mail["body"])
                await asyncio.sleep(0.1)
