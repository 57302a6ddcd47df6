"""From where somebody acted: the class of the network, and nothing that leads to a person."""

import pytest

from negotiation.rules.networks import INSIDE, network_class


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("81.57.12.200", "81.57.0.0/16"),
        ("2a01:e0a:1:2:3:4:5:6", "2a01:e0a::/32"),
        ("::ffff:81.57.12.200", "81.57.0.0/16"),
        ("10.1.2.3", INSIDE),
        ("127.0.0.1", INSIDE),
        ("fe80::1%eth0", INSIDE),
        ("inconnue", ""),
        (None, ""),
    ],
)
def test_an_address_is_told_by_its_class_alone(address: str | None, told: str) -> None:
    assert network_class(address) == told
