"""A client of the API, without a socket between them."""

import httpx

from porteiro.web.api import ApiOptions, create_api
from porteiro.web.guard import GuardOptions
from porteiro.web.parts import ApiParts

TOKEN = "0123456789abcdef"
GUARDED = ApiOptions(GuardOptions(token=TOKEN))


def client(parts: ApiParts, options: ApiOptions | None = None) -> httpx.AsyncClient:
    """Return a client of a new API of `parts`."""
    transport = httpx.ASGITransport(create_api(parts, options), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8082")


def is_error(answer: httpx.Response) -> bool:
    """Return whether an answer is an error as every error of the API is."""
    body = answer.json()
    return set(body) == {"status", "message"} and body["status"] == "error" and body["message"]
