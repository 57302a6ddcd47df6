"""The mail server: where it is, and one conversation with it.

Everything is encrypted unless the server is on this machine or the operator says otherwise; a certificate that isn't
good ends the conversation. Under gevent the sockets are cooperative: a server that hangs stops nobody else.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from negotiation.rules.notices import Ending

TIMEOUT = 20.0
"""Seconds without a word from the server."""
MISUNDERSTOOD = "EMAIL_URL doit ressembler à smtp://utilisateur:secret@hôte:587?starttls=yes, ou à smtps://hôte."
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Security(StrEnum):
    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True)
class PostOffice:
    """An SMTP server and how to speak with it. `tls`: which certificates are good."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = TIMEOUT
    tls: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Envelope:
    """What the server is given: addresses without names, and the whole message with lines that end in CR LF."""

    sender: str
    recipient: str
    message: bytes


@dataclass(frozen=True)
class Outcome:
    """How it ended. `said`: the server's answer or the fault, for the log. `reached`: whether there was a server."""

    ending: Ending
    said: str = ""
    reached: bool = True


def post_office(url: str) -> PostOffice:
    """Read `smtp://user:password@host:587?starttls=yes` or `smtps://…`. Raises ValueError, in French."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ValueError(MISUNDERSTOOD) from None
    asked = parse_qs(parts.query)
    wish = asked.pop("starttls", ["no" if host in _LOCAL else "yes"])[-1]
    if not host or parts.scheme not in ("smtp", "smtps") or asked or wish not in ("yes", "no") or parts.path.strip("/"):
        raise ValueError(MISUNDERSTOOD)
    if parts.scheme == "smtps":
        security, usual = Security.TLS, 465
    else:
        security, usual = (Security.STARTTLS, 587) if wish == "yes" else (Security.NONE, 25)
    if security is Security.NONE and parts.username and host not in _LOCAL:
        raise ValueError("EMAIL_URL enverrait un mot de passe en clair : ôtez starttls=no.")
    return PostOffice(host, port or usual, security, unquote(parts.username or ""), unquote(parts.password or ""))


def deliver(office: PostOffice, envelope: Envelope, *, hand_over: Callable[[], None]) -> Outcome:
    """One mail in one conversation. `hand_over` is called when the server asks for the words, just before they go:
    whoever hears nothing more must not take them for unsent."""
    try:
        server = _connected(office, envelope.sender.rpartition("@")[2])
    except (OSError, smtplib.SMTPException) as fault:
        return Outcome(Ending.LATER, _said(fault), reached=False)
    try:
        return _conversation(server, envelope, hand_over)
    finally:
        server.close()


def _connected(office: PostOffice, name: str) -> smtplib.SMTP:
    """Signed in, encrypted as wanted. `name`: how we present ourselves, never the name of this machine."""
    tls = office.tls or ssl.create_default_context()
    server: smtplib.SMTP
    if office.security is Security.TLS:
        server = smtplib.SMTP_SSL(office.host, office.port, name, timeout=office.timeout, context=tls)
    else:
        server = smtplib.SMTP(office.host, office.port, name, timeout=office.timeout)
    try:
        if office.security is Security.STARTTLS:
            server.starttls(context=tls)
        if office.user:
            server.login(office.user, office.password)
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _conversation(server: smtplib.SMTP, envelope: Envelope, hand_over: Callable[[], None]) -> Outcome:
    try:
        for ask, good, for_good in _questions(server, envelope):
            code, words = ask()
            if code not in good:
                return Outcome(Ending.REFUSED if code >= for_good else Ending.LATER, _words(code, words))
    except (OSError, smtplib.SMTPException) as fault:
        return Outcome(Ending.LATER, _said(fault))
    hand_over()
    try:
        server.send(_dotted(envelope.message))
        code, words = server.getreply()
    except (OSError, smtplib.SMTPException) as fault:
        return Outcome(Ending.UNSURE, _said(fault))
    if code == 250:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
        return Outcome(Ending.ACCEPTED, _words(code, words))
    return Outcome(Ending.REFUSED if code >= 500 else Ending.LATER, _words(code, words))


def _questions(
    server: smtplib.SMTP, envelope: Envelope
) -> tuple[tuple[Callable[[], tuple[int, bytes]], frozenset[int], int], ...]:
    """What to ask before the words, the good answers, and from which code on a refusal is for good: who refuses our
    own address refuses every mail, until somebody puts the settings right."""
    never = 600
    return (
        (lambda: server.mail(envelope.sender), frozenset({250}), never),
        (lambda: server.rcpt(envelope.recipient), frozenset({250, 251}), 500),
        (lambda: server.docmd("DATA"), frozenset({354}), 500),
    )


def _dotted(message: bytes) -> bytes:
    """As SMTP wants it: a line that begins with a dot gets another, and one alone ends all (RFC 5321, 4.5.2)."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _words(code: int, words: bytes) -> str:
    return _without_addresses(f"{code} {words.decode('utf-8', 'replace')}")


def _said(fault: Exception) -> str:
    return _without_addresses(f"{type(fault).__name__}: {fault}")


def _without_addresses(said: str) -> str:
    """Servers repeat whom they refuse; the log names nobody."""
    return re.sub(r"[^\s<>()\[\]]+@[^\s<>()\[\]]+", "…", said)
