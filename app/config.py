"""What an instance is told by its environment. Built once; nothing else reads the environment.

`REDIS_URL` is not read: one process serves the instance (decision 6), so nothing would use it.
"""

import ipaddress
import os
import secrets
import tempfile
from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.post_office import PostOffice, post_office
from negotiation.documents.platform_keys import read_keys

SHORTEST_SECRET = 32
"""Characters."""
FEWEST_SIGNS = 10
"""Different characters in a secret that was drawn, not typed."""
EXAMPLE_WORDS = ("changeme", "change-me", "change_me", "example", "exemple", "secret-key", "secret_key", "your-secret")
SECRETS = frozenset({"secret_key", "email_url", "platform_keys"})
"""Fields that no log, no repr and no error shows."""


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    data_dir: Path = Path("var")
    database_url: str = Field(default_factory=lambda data: f"sqlite:///{data['data_dir'].absolute()}/navette.sqlite")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    base_url: str = Field(default_factory=lambda data: f"http://127.0.0.1:{data.get('port', 8000)}")
    secret_key: SecretStr | None = None
    proxies: int = Field(default=0, ge=0, le=5)
    """How many reverse proxies of one's own stand in front and set `X-Forwarded-For` and `-Proto`."""
    email_url: SecretStr | None = None
    """The mail server, `smtp://user:password@host:587?starttls=yes` or `smtps://…`; without it no mail leaves."""
    email_from: str = ""
    """Who mails come from, « Navette <navette@exemple.fr> »; the user of `EMAIL_URL` when it is an address."""
    keys_dir: Path = Field(default_factory=lambda data: data["data_dir"] / "keys")
    """Where the platform's keys are, outside the database."""
    platform_keys: SecretStr | None = None
    """The same keys as text (PEM), for a container without a disk of its own; `KEYS_DIR` isn't read then."""
    tsa_url: str = Field(default="", pattern="(?i)^(|https?://.+)$")
    """The timestamp authority (RFC 3161) asked at each seal and signature; without it each says that it has none."""
    demonstrations: bool = True
    """Whether a first start on this machine alone loads the two example negotiations."""
    log_level: str = Field(default="", pattern="(?i)^(|debug|info|warning|error)$")

    @field_validator("base_url")
    @classmethod
    def _names_an_origin(cls, given: str) -> str:
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("BASE_URL doit être une adresse sans chemin, comme https://navette.exemple.fr.")
        return f"{parts.scheme}://{parts.netloc}".lower()

    @field_validator("secret_key")
    @classmethod
    def _is_a_real_secret(cls, given: SecretStr | None) -> SecretStr | None:
        if given is None:
            return None
        words = given.get_secret_value()
        if len(words) < SHORTEST_SECRET or len(set(words)) < FEWEST_SIGNS:
            raise ValueError(f"SECRET_KEY est trop courte : tirez au sort {SHORTEST_SECRET} caractères au moins.")
        if any(example in words.lower() for example in EXAMPLE_WORDS):
            raise ValueError("SECRET_KEY est un exemple connu de tous : tirez-en une au sort.")
        return given

    @field_validator("platform_keys")
    @classmethod
    def _holds_keys(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None:
            read_keys(given.get_secret_value())
        return given

    @field_validator("email_url")
    @classmethod
    def _names_a_mail_server(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None:
            post_office(given.get_secret_value())
        return given

    @model_validator(mode="after")
    def _says_who_writes(self) -> Self:
        if self.email_url is not None and not _is_address(self.sender[1]):
            raise ValueError("EMAIL_FROM est obligatoire avec EMAIL_URL : une adresse, comme navette@exemple.fr.")
        return self

    @model_validator(mode="after")
    def _has_a_secret_where_others_come(self) -> Self:
        if self.secret_key is None and not self.is_local:
            raise ValueError("SECRET_KEY est obligatoire dès que Navette s’ouvre à d’autres machines que celle-ci.")
        return self

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the instance."""
        return _is_loopback(self.host) and _is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose pages may send anything here."""
        local = (f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}") if self.is_local else ()
        return frozenset({self.base_url, *local})

    @property
    def hosts(self) -> list[str]:
        """The host names this instance answers to."""
        local = ("127.0.0.1", "localhost") if self.is_local else ()
        return sorted({urlsplit(self.base_url).hostname or "", *local})

    @property
    def post_office(self) -> PostOffice | None:
        """Where mails leave from, when they do."""
        return post_office(self.email_url.get_secret_value()) if self.email_url else None

    @property
    def sender(self) -> tuple[str, str]:
        """The name and address that mails come from."""
        office = self.post_office
        name, address = parseaddr(self.email_from or (office.user if office else ""))
        return name or "Navette", address

    def signing_key(self) -> str:
        """The secret that signs tokens: the one given, or one drawn once and kept in `DATA_DIR` for its owner only."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self.data_dir / "secret-key"
        if not kept.exists():
            # Under its name only once it is whole on the disk: a power cut must not leave an empty secret behind.
            with tempfile.NamedTemporaryFile("w", dir=self.data_dir, encoding="ascii") as drawn:
                drawn.write(secrets.token_urlsafe(48))
                drawn.flush()
                os.fsync(drawn.fileno())
                with suppress(FileExistsError):
                    os.link(drawn.name, kept)
        return kept.read_text(encoding="ascii").strip()

    def as_environment(self) -> dict[str, str]:
        """What to give a new process so that it builds the same settings."""
        given: dict[str, Any] = self.model_dump(exclude=set(SECRETS))
        for name in SECRETS:
            secret: SecretStr | None = getattr(self, name)
            if secret is not None:
                given[name] = secret.get_secret_value()
        return {name.upper(): str(value) for name, value in given.items()}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(local and at and domain) and text.isascii() and text.isprintable() and " " not in text
