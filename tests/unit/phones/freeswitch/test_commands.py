"""Commands as FreeSWITCH reads them."""

import pytest

from porteiro.phones.freeswitch.commands import Command, CommandReader

STREAM = (
    b"connect\n\n"
    b"sendmsg\ncall-command: execute\nexecute-app-name: set\ncontent-length: 5\n\na=1\n\n\n\n"
    b"bgapi status\r\nJob-UUID: 7\r\n\n"
    b"exit\n\n"
)
COMMANDS = [
    Command("connect"),
    Command(
        "sendmsg",
        {"call-command": "execute", "execute-app-name": "set", "content-length": "5"},
        "a=1\n\n",
    ),
    Command("bgapi status", {"job-uuid": "7"}),
    Command("exit"),
]


def test_a_stream_is_cut_into_commands_wherever_it_comes_apart() -> None:
    for cut in range(len(STREAM)):
        reader = CommandReader()
        read = [*reader.receive(STREAM[:cut]), *reader.receive(STREAM[cut:])]
        assert read == COMMANDS, cut


def test_a_command_without_an_end_is_not_waited_for_for_ever() -> None:
    with pytest.raises(ValueError, match="1 MiB"):
        list(CommandReader().receive(b"x" * (2 << 20)))


def test_a_command_has_a_verb_and_the_rest() -> None:
    command = Command("API  uuid_kill 1 2 ")
    assert (command.verb, command.rest) == ("api", "uuid_kill 1 2")
