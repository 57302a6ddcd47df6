"""From which network somebody acted, told by its class and never by the address itself.

Source: trust T14 asks the class of the address of who signs. A class says the operator or the organisation, not the
person nor the place: half of an IPv4 address, a quarter of an IPv6 one.
"""

from ipaddress import IPv6Address, ip_address, ip_network

INSIDE = "réseau interne"
"""An address that leads nowhere outside: of a private network, or of this machine."""
SHARE = {4: 16, 6: 32}
"""Bits that are kept."""


def network_class(address: str | None) -> str:
    """« 203.0.0.0/16 », « 2001:db8::/32 », INSIDE; "" for what is no address."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.is_private or found.is_loopback or found.is_link_local:
        return INSIDE
    return str(ip_network(f"{found}/{SHARE[found.version]}", strict=False))
