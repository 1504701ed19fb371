"""Has changes of the extensions announced, for sites whose database does not do so yet."""

from typing import Final

from porteiro.storage.postgres.database import Database
from porteiro.storage.postgres.extension_table import CREATE

_LOCK = "lock table public.extension_ia in share row exclusive mode"
"""Two installations at once must not meet in the middle."""

_ANNOUNCE = """
create or replace function public.porteiro_announce_extension(action text, changed json)
returns void language plpgsql as $$
declare
    payload text := json_build_object('action', action, 'data', changed);
begin
    if octet_length(payload) > 7999 then  -- more than a notice takes; a site may add columns
        payload := json_build_object('action', action, 'data', json_build_object(
            'extension_ia_id', changed -> 'extension_ia_id'));
    end if;
    perform pg_notify('change_record_extension_ia', payload);
end
$$
"""

_CHANGED = """
create or replace function public.porteiro_extension_changed() returns trigger
language plpgsql as $$
begin
    case tg_op
        when 'TRUNCATE' then
            perform public.porteiro_announce_extension('DELETE', row_to_json(one))
            from public.extension_ia one;
        when 'DELETE' then
            perform public.porteiro_announce_extension(tg_op, row_to_json(old));
        else
            perform public.porteiro_announce_extension(tg_op, row_to_json(new));
    end case;
    return null;
end
$$
"""

_TRIGGERS = (
    """drop trigger if exists porteiro_extension_changed on public.extension_ia""",
    """create trigger porteiro_extension_changed
       after insert or update or delete on public.extension_ia
       for each row execute function public.porteiro_extension_changed()""",
    """drop trigger if exists porteiro_extensions_emptied on public.extension_ia""",
    """create trigger porteiro_extensions_emptied
       before truncate on public.extension_ia
       for each statement execute function public.porteiro_extension_changed()""",
)

INSTALLATION: Final = (_LOCK, _ANNOUNCE, _CHANGED, *_TRIGGERS)
"""What `install_trigger` does, for the administrator who would rather do it by hand."""


async def install_trigger(database: Database) -> None:
    """Have each change of a row announced as SPEC 5 says, and TRUNCATE as a DELETE a row.

    May be run again. Raises `StorageError`, above all where the user does not own the table.
    """
    async with database.connection() as connection:
        for statement in INSTALLATION:
            await connection.execute(statement)


async def create_extension_table(database: Database) -> None:
    """Make the table of extensions where there is none. Raises `StorageError`."""
    async with database.connection() as connection:
        await connection.execute(CREATE)
