"""Settings of where extensions, condominiums and visits are kept, and of the external mind."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from porteiro.settings.kinds import HttpUrl, Seconds
from porteiro.settings.variable import var


class SourceSettings(BaseSettings):
    """The database, how it is followed, and the service that understands visitors."""

    # ------------------------------------------------------------------ database
    db_host: str | None = var(
        "DB_HOST",
        None,
        "a host name, an IP address or the folder of a Unix socket, or unset",
        "PostgreSQL's address; unset: no database, the files of the data folder are used",
        pattern=r"^[0-9A-Za-z/._:-]{1,253}$",
    )
    db_port: int = var("DB_PORT", 5432, "a port from 1 to 65535", "Its port", ge=1, le=65535)
    db_name: str = var(
        "DB_NAME", "porteiro", "a database's name", "Its database", pattern=r"^\S{1,63}$"
    )
    db_user: str = var("DB_USER", "porteiro", "a user's name", "Its user", pattern=r"^\S{1,63}$")
    db_password: SecretStr | None = var(
        "DB_PASSWORD", None, "the user's password", "The user's password"
    )
    auto_refresh: bool = var(
        "AUTO_REFRESH",
        False,  # noqa: FBT003  a default like the others
        "true or false",
        "Whether the database is also compared on a timer, where no trigger may be installed",
    )
    refresh_s: Seconds = var(
        "PORTEIRO_REFRESH_SECONDS",
        30.0,
        "seconds from 1 to 3600",
        "How often AUTO_REFRESH compares",
        ge=1,
        le=3600,
    )
    retention_days: int = var(
        "PORTEIRO_RETENTION_DAYS",
        0,
        "days from 0 to 36500",
        "How long visits are kept (LGPD) where their condominium says nothing; 0: for ever",
        ge=0,
        le=36_500,
    )

    # ------------------------------------------------------------- external mind
    ai_api_url: HttpUrl | None = var(
        "AI_API_URL",
        None,
        "an http:// or https:// address",
        "A service that understands what visitors say; unset or failing: the embedded rules",
    )
    ai_api_limit_s: Seconds = var(
        "PORTEIRO_AI_API_SECONDS",
        1.5,
        "seconds from 0.2 to 10",
        "How long one request to it may take; it is asked twice at most",
        ge=0.2,
        le=10,
    )
