"""What every answer says to browsers, and the hosts and origins that are listened to."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""The content security policy: nothing inline, nothing from elsewhere; ``blob:`` is a photograph that is being sent."""

_ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """The middleware that guards every answer.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    lan : bool
        Whether other machines may connect. A station on loopback listens to its own names alone, so that no web page
        elsewhere can reach it by giving its own name this machine's address.
    """

    def __init__(self, app: ASGIApp, lan: bool) -> None:
        self._app, self._lan = app, lan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                # Scripts and styles may stay in the browser, which asks whether they are still the same.
                headers.setdefault("Cache-Control", "no-cache" if scope["path"].startswith("/static/") else "no-store")
            await send(message)

        refusal = self._refusal(Headers(scope=scope), scope["method"])
        if refusal:
            await PlainTextResponse(refusal, 403)(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)

    def _refusal(self, headers: Headers, method: str) -> str:
        host = headers.get("host", "")
        if not self._lan and urlsplit(f"//{host}").hostname not in _LOOPBACK:
            return "This station listens to its own machine only: open it as http://127.0.0.1, or start it with --lan."
        if method in _SAFE_METHODS or "authorization" in headers:
            return ""
        origin = headers.get("origin")
        elsewhere = origin is not None and urlsplit(origin).netloc != host
        if elsewhere or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "This request came from another site and was refused."
        return ""
