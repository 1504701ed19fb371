"""The table of extensions, as every site has it (SPEC 5)."""

from typing import Final

from psycopg import sql

CHANNEL: Final = "change_record_extension_ia"
"""Where its changes are announced."""

EXTENSION_TABLE: Final = sql.Identifier("public", "extension_ia")

COLUMNS: Final = {
    "extension_ia_id": "integer",
    "extension_ia_number": "character(50)",
    "extension_ia_return": "character(50)",
    "extension_ia_ip": "character(50)",
    "extension_ia_number_port": "character(50)",
    "extension_ia_return_port": "character(50)",
    "condominium_id": "integer",
}
"""Its columns and their types, in the order of the local copy's fields."""

CREATE: Final = """
create table if not exists public.extension_ia (
    extension_ia_id          integer generated always as identity,
    extension_ia_number      char(50) not null, -- AI number
    extension_ia_return      char(50) not null, -- return number
    extension_ia_ip          char(50) not null, -- address to listen on, usually 0.0.0.0
    extension_ia_number_port char(50) not null, -- port of the AI number (visitors)
    condominium_id           integer  not null,
    extension_ia_return_port char(50)           -- port of the return number (residents)
)
"""
