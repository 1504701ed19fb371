"""Settings of reaching the resident and of telling the building what was decided."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from porteiro.settings.kinds import BrokerUrl, DialerName, GateNames, HttpUrl, PeerHost, Seconds
from porteiro.settings.variable import var


class ReachSettings(BaseSettings):
    """Which dialer rings the resident, which gates hear the decision, and how."""

    # ------------------------------------------------------ reaching the resident
    dialer: DialerName | None = var(
        "PORTEIRO_DIALER",
        None,
        "webhook, ami, amqp, esl or simulated, or unset",
        "How a resident's phone is made to ring; unset: no resident is ever reached",
    )
    dialer_url: HttpUrl | None = var(
        "PORTEIRO_DIALER_URL",
        None,
        "an http:// or https:// address",
        "Where the webhook dialer posts",
    )
    dialer_host: PeerHost = var(
        "PORTEIRO_DIALER_HOST",
        "127.0.0.1",
        "an IP address or a host name, but not 0.0.0.0",
        "Our own address as the PBX sees it: the resident's line is told to come here",
    )
    ami_host: PeerHost = var(
        "PORTEIRO_AMI_HOST",
        "127.0.0.1",
        "an IP address or a host name, but not 0.0.0.0",
        "Asterisk's manager interface",
    )
    ami_port: int = var(
        "PORTEIRO_AMI_PORT",
        5038,
        "a port from 1 to 65535",
        "Its port",
        ge=1,
        le=65535,
    )
    ami_username: str | None = var(
        "PORTEIRO_AMI_USERNAME",
        None,
        "a name without line breaks",
        "Its user",
        pattern=r"^[^\r\n]+$",
    )
    ami_secret: SecretStr | None = var(
        "PORTEIRO_AMI_SECRET",
        None,
        "the user's secret",
        "The user's secret",
    )
    ami_channel: str = var(
        "PORTEIRO_AMI_CHANNEL",
        "PJSIP/{number}",
        "an Asterisk channel that holds {number} once",
        "The channel that rings a number, such as PJSIP/{number}@trunk",
        pattern=r"^[^{}\r\n,]+/[^{}\r\n,]*\{number\}[^{}\r\n,]*$",
    )
    ring_attempts: int = var(
        "PORTEIRO_RING_ATTEMPTS",
        2,
        "a number from 1 to 10",
        "Attempts to reach a resident, over every number the apartment has",
        ge=1,
        le=10,
    )
    ring_s: Seconds = var(
        "PORTEIRO_RING_SECONDS",
        25.0,
        "seconds from 5 to 120",
        "How long an attempt rings",
        ge=5,
        le=120,
    )
    fallback_number: str = var(
        "PORTEIRO_FALLBACK_NUMBER",
        "",
        "a phone number or extension, or unset",
        "A human porter for visitors whom nobody can understand",
        pattern=r"^[0-9A-Za-z@.:+*#_-]{0,64}$",
    )

    # ---------------------------------------------------------------------- amqp
    amqp_url: BrokerUrl | None = var(
        "AMQP_URL",
        None,
        "an amqp:// or amqps:// address, user and password in it",
        "The message broker (RabbitMQ) of the amqp dialer and the amqp gate",
    )
    amqp_queue: str = var(
        "AMQP_QUEUE",
        "api-to-voip1",
        "a queue's name, up to 255 bytes",
        "Durable queue that the amqp dialer puts its orders in",
        pattern=r"^[0-9A-Za-z_.:-]{1,255}$",
    )
    amqp_license: str = var(
        "AMQP_LICENSE",
        "",
        "a text",
        "The license that the amqp dialer's orders carry",
        max_length=255,
    )

    # ---------------------------------------------------------------------- gate
    gates: GateNames = var(
        "PORTEIRO_GATE",
        "log",
        "any of log, http, amqp, separated by commas (mqtt and dtmf are not in this version)",
        "Where a decision is announced",
        min_length=1,
    )
    gate_url: HttpUrl | None = var(
        "PORTEIRO_GATE_URL",
        None,
        "an http:// or https:// address",
        "Where the http gate posts",
    )
