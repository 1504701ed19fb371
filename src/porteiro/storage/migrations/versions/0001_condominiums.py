"""Condominiums and their apartments, announced when they change."""

from alembic import op

revision = "0001"
down_revision = None

_CONDOMINIUM = """
create table porteiro_condominium (
    condominium_id   integer primary key check (condominium_id >= 0),
    name             text    check (length(name) <= 300),
    greeting         text    check (length(greeting) <= 300),
    voice            text    check (voice ~ '^[a-z0-9][A-Za-z0-9+-]{0,39}$'),
    silence_seconds  real    check (silence_seconds between 0.2 and 5),
    attempts         integer check (attempts between 1 and 10),
    ring_seconds     real    check (ring_seconds between 5 and 120),
    fallback_number  text    check (fallback_number ~ '^[0-9A-Za-z@.:+*#_-]{0,64}$'),
    gate             text    check (gate ~ '^(log|amqp|mqtt|http|dtmf)(, *(log|amqp|mqtt|http|dtmf))*$'),
    gate_url         text    check (gate_url ~ '^https?://[^/]'),
    retention_days   integer check (retention_days between 0 and 36500)
)
"""  # noqa: E501  a column a line
"""What is particular to a condominium; null is as the settings have it for all."""

_APARTMENT = """
create table porteiro_apartment (
    apartment_id     integer generated always as identity primary key,
    condominium_id   integer not null check (condominium_id >= 0),
    apartment_number text    not null check (btrim(apartment_number) <> ''),
    residents        text[]  not null default '{}' check (array_position(residents, null) is null),
    voip_numbers     text[]  not null default '{}' check (array_position(voip_numbers, null) is null)
)
"""  # noqa: E501  a column a line
"""The directory. `voip_numbers` are rung in their order; numbers or SIP URIs."""

_FUNCTION = """
create function porteiro_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('porteiro_changes', tg_table_name);
    return null;
end
$$
"""

_TRIGGER = """
create trigger porteiro_changed after insert or update or delete or truncate on {table}
for each statement execute function porteiro_changed()
"""


def upgrade() -> None:
    """Make the tables and have their changes announced."""
    if op.get_context().dialect.name != "postgresql":
        return  # without PostgreSQL both are files in the data folder
    for statement in (_CONDOMINIUM, _APARTMENT, _FUNCTION):
        op.execute(statement)
    for table in ("porteiro_condominium", "porteiro_apartment"):
        op.execute(_TRIGGER.format(table=table))


def downgrade() -> None:
    """Take both away, with all that was entered in them."""
    if op.get_context().dialect.name != "postgresql":
        return
    op.execute("drop table porteiro_condominium, porteiro_apartment")
    op.execute("drop function porteiro_changed()")
