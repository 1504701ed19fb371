"""Who may ask, and how much they may send."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.web.client import GUARDED, TOKEN, client, is_error
from tests.unit.web.parts import parts

PATHS = (
    *("/api/calls", "/api/events", "/api/status", "/api/extensions", "/api/visits"),
    *("/metrics", "/docs", "/openapi.json", "/x"),
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer 0123456789abcdeX"},
        {"Authorization": "Basic 0123456789abcdef"},
        {"Authorization": "Bearer 0123456789abcdef0"},
        {"Authorization": "Bearer 0123456789abcdéf"},
    ],
)
async def test_without_the_token_everything_but_health_is_401(
    path: str, headers: dict[str, str]
) -> None:
    raw = {name.encode(): value.encode() for name, value in headers.items()}
    async with client(parts(), GUARDED) as api:
        answer = await api.get(path, headers=raw)
    assert answer.status_code == 401
    assert is_error(answer)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/api/refresh", "/api/restart", "/api/hangup"])
async def test_nothing_is_done_without_the_token(path: str) -> None:
    shown = parts()
    async with client(shown, GUARDED) as api:
        answer = await api.post(path, json={"extension_id": 10})
    assert answer.status_code == 401
    assert is_error(answer)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_whoever_watches_the_process_needs_no_token(path: str) -> None:
    async with client(parts(), GUARDED) as api:
        assert (await api.get(path)).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_with_the_token_requests_pass(scheme: str) -> None:
    async with client(parts(), GUARDED) as api:
        answer = await api.get("/api/calls", headers={"Authorization": f"{scheme} {TOKEN}"})
    assert answer.status_code == 200


async def test_a_body_over_the_limit_is_413_whether_announced_or_not() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield b" " * 1024

    async with client(parts()) as api:
        announced = await api.post("/api/hangup", content=b" " * (64 * 1024 + 1))
        unannounced = await api.post(
            "/api/hangup", content=chunks(), headers={"Content-Type": "application/json"}
        )
    assert announced.status_code == unannounced.status_code == 413
    assert is_error(announced)
    assert is_error(unannounced)


NESTED = b"[" * 30_000
MANY_FIELDS = b"{" + b",".join(b'"%d":0' % n for n in range(6000)) + b"}"


@pytest.mark.parametrize("path", ["/api/hangup", "/api/restart"])
@pytest.mark.parametrize(
    "body",
    [
        NESTED,
        NESTED + b"]" * 30_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"extension_id": 1' + b"0" * 60_000 + b"}",
        b'{"ramal": "\\ud800"}',
        b'{"\\ud800": "1"}',
        b'{"ramal": "\xff"}',
        b'{"extension_id": NaN}',
        b'{"extension_id": true}',
        MANY_FIELDS,
        b'{"' + b"x" * 60_000 + b'": 1}',
    ],
    ids=[
        *("open", "deep list", "deep object", "huge number", "half a character"),
        *("half a character as name", "no UTF-8", "NaN", "true", "many fields", "long name"),
    ],
)
async def test_a_vicious_body_is_400_in_a_few_words(path: str, body: bytes) -> None:
    async with client(parts()) as api:
        answer = await api.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert is_error(answer)
    assert len(answer.json()["message"]) <= 600
