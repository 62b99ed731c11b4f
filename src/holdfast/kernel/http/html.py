"""Pages that the server writes itself, such as those that must show something before any script has run."""

from typing import Any

from litestar import Request, Response

from holdfast.kernel.http import headers as standard
from holdfast.kernel.http.assets import Assets


def page(
    body: str | bytes, *, status: int = 200, policy: str = standard.PAGE_POLICY, headers: dict[str, str] | None = None
) -> Response[bytes]:
    """A whole HTML page as an answer, under the policy of pages: scripts and styles of ours, none of them inline.

    A page that holds what is somebody's own should say ``headers={"Cache-Control": "no-store"}``; otherwise a browser
    keeps it and asks each time whether it is still so.
    """
    content = body.encode() if isinstance(body, str) else body
    # Of a form on a page without any referrer, a browser says that it comes from nowhere, and the gate refuses it.
    found = {"Content-Security-Policy": policy, "Referrer-Policy": "same-origin", **(headers or {})}
    return Response(content, status_code=status, media_type="text/html", headers=found)


def tags(request: Request[Any, Any, Any], entry: str) -> str:
    """The tags for a page's head that load an entry of the built web application, such as ``src/public/join.ts``.

    They are HTML, ready to stand in the page. Where the application is not built there are none, and the page works
    without them.
    """
    assets = request.app.state.get("assets")
    return assets.tags(entry) if isinstance(assets, Assets) else ""
