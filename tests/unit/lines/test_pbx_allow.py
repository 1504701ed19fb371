"""Which addresses may bring lines."""

from ipaddress import ip_network

import pytest
from structlog.testing import capture_logs

from porteiro.lines.pbx_allow import PRIVATE_NETWORKS, PbxAllowList


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "172.31.0.9", "192.168.1.20", "::1", "fd00::7", "fe80::1%eth0",
     "::ffff:192.168.1.20"],
)  # fmt: skip
def test_loopback_and_private_addresses_may_by_default(host: str) -> None:
    assert PbxAllowList(PRIVATE_NETWORKS).admits(host, 0.0)


@pytest.mark.parametrize("host", ["8.8.8.8", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8"])
def test_others_may_not_by_default(host: str) -> None:
    assert not PbxAllowList(PRIVATE_NETWORKS).admits(host, 0.0)


def test_a_setting_replaces_the_default() -> None:
    allowed = PbxAllowList([ip_network("198.51.100.0/24")])
    assert allowed.admits("198.51.100.7", 0.0)
    assert not allowed.admits("127.0.0.1", 0.0)


@pytest.mark.parametrize("host", ["", "porteiro.example", "/run/socket"])
def test_what_is_no_address_may_not(host: str) -> None:
    assert not PbxAllowList(PRIVATE_NETWORKS).admits(host, 0.0)


def test_a_storm_of_refusals_is_logged_at_most_every_5_s_with_its_count() -> None:
    allowed = PbxAllowList(PRIVATE_NETWORKS)
    with capture_logs() as logs:
        for n in range(1000):
            allowed.admits("8.8.8.8", 100.0 + n / 100)
    assert [entry["refused"] for entry in logs] == [1, 500]
