"""Who Porteiro must reach: the PBX or program that rings, the gate, itself where it runs."""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from urllib.parse import urlsplit

import aiohttp

from porteiro.cli.checks.finding import Finding, bad, doubtful, good
from porteiro.dialers.ami_client import AmiClient, AmiServer
from porteiro.errors import DialerError, MessagingError, SettingsError
from porteiro.freeswitch import esl_client
from porteiro.messaging.connection import AmqpConnection, AmqpOptions
from porteiro.settings import Settings

_LIMIT_S = 3.0


async def dialer(settings: Settings) -> list[Finding]:
    """Check that residents' phones can be made to ring, without ringing one."""
    match settings.dialer:
        case "webhook" if settings.dialer_url is not None:
            return [await _reachable("the dialer", "PORTEIRO_DIALER_URL", settings.dialer_url)]
        case "ami":
            return [await _manager(settings)]
        case "amqp":
            return [await _broker(settings)]
        case "esl":
            return [await _event_socket(settings)]
        case "simulated":
            return [doubtful("PORTEIRO_DIALER=simulated: no resident's phone will ring")]
        case _:
            return [
                doubtful("PORTEIRO_DIALER is not set: every visit ends as if nobody could be rung")
            ]


async def gate(settings: Settings) -> list[Finding]:
    """Check that the gate's opener can be reached, without opening anything."""
    found: list[Finding] = []
    if "http" in settings.gates and settings.gate_url is not None:
        found.append(await _reachable("the gate", "PORTEIRO_GATE_URL", settings.gate_url))
    if "amqp" in settings.gates and settings.dialer != "amqp":
        found.append(await _broker(settings))
    if settings.gates == ("log",):
        found.append(
            doubtful("PORTEIRO_GATE=log: decisions go to the log and open nothing by themselves")
        )
    return found


async def mind(settings: Settings) -> list[Finding]:
    """Check that the service that understands visitors can be reached, where one is set."""
    if settings.ai_api_url is None:
        return []
    return [await _reachable("the AI service", "AI_API_URL", settings.ai_api_url)]


async def is_served(settings: Settings) -> bool:
    """Return whether a Porteiro answers where the API of these settings would be."""
    host = settings.api_host
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.api_port}/healthz"
    limit = aiohttp.ClientTimeout(total=_LIMIT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.get(url) as answer,
        ):
            health = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return False
    return isinstance(health, dict) and "version" in health


async def _reachable(who: str, setting: str, url: str) -> Finding:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    where = f"{who} at {parts.hostname} port {port}"
    try:
        async with asyncio.timeout(_LIMIT_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except TimeoutError:
        return bad(f"{where} does not answer: check {setting} and the network")
    except OSError as error:
        return bad(f"{where} cannot be reached ({error.strerror or error}): check {setting}")
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return good(f"{where} takes connections")


async def _broker(settings: Settings) -> Finding:
    url = settings.amqp_url.get_secret_value() if settings.amqp_url else ""
    try:
        async with AmqpConnection(AmqpOptions(url, connect_s=_LIMIT_S)) as broker:
            await broker.open_channel()
            return good(f"{broker.name} lets us in")
    except (SettingsError, MessagingError) as error:
        return bad(f"{error}: check AMQP_URL")


async def _manager(settings: Settings) -> Finding:
    secret = settings.ami_secret.get_secret_value() if settings.ami_secret else ""
    client = AmiClient(
        AmiServer(settings.ami_host, settings.ami_port, settings.ami_username or "", secret)
    )
    trouble = await _trouble(client.run(), client.act("Ping", {}))
    if trouble:
        return bad(f"{trouble}: check PORTEIRO_AMI_HOST, _PORT, _USERNAME and _SECRET")
    return good(f"Asterisk's manager at {settings.ami_host}:{settings.ami_port} lets us in")


async def _event_socket(settings: Settings) -> Finding:
    client = esl_client(settings)
    trouble = await _trouble(client.run(), client.api("status"))
    if trouble:
        return bad(f"{trouble}: check PORTEIRO_FREESWITCH_ESL_HOST, _PORT and _PASSWORD")
    return good(f"FreeSWITCH's event socket at {settings.esl_host}:{settings.esl_port} lets us in")


async def _trouble(client: Coroutine[None, None, None], question: Awaitable[object]) -> str:
    """Ask a PBX something while its client runs; return what went wrong, empty if nothing did."""
    connection = asyncio.create_task(client)
    try:
        await question
    except DialerError as error:
        return str(error)
    finally:
        connection.cancel()
        await asyncio.wait({connection})
    return ""
