"""HTTP: the application factory and the rules that every route keeps.

A route is a Litestar handler in an ``api.py`` that declares who may use it (``grant="loyalty.read"``,
``signed_in=True`` or ``public=True``), takes ``caller: Caller`` and opens its transaction in the open. Everything else
(problems, idempotency keys, limits, security headers, logs, metrics, the OpenAPI document) happens here.
"""

from holdfast.kernel.http.caller import Authenticate, Caller, Credentials, Identity, Remembered
from holdfast.kernel.http.csrf import cleared as cleared_cookies
from holdfast.kernel.http.csrf import cookies as session_cookies
from holdfast.kernel.http.factory import Application, Route, application
from holdfast.kernel.http.openapi import openapi_document
from holdfast.kernel.http.server import listen, serve

__all__ = [
    "Application",
    "Authenticate",
    "Caller",
    "Credentials",
    "Identity",
    "Remembered",
    "Route",
    "application",
    "cleared_cookies",
    "listen",
    "openapi_document",
    "serve",
    "session_cookies",
]
