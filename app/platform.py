"""The platform that seals: its keys, its timestamp authority, the authorities whose certificates it recognises."""

from flask import current_app

from app.config import Settings
from negotiation.documents.platform_keys import PlatformKeys, draw_keys, kept_keys, read_keys, write_keys
from negotiation.services.sealing import Platform
from negotiation.store.columns import now

AUTHORITIES = "authorities"
"""Folder of `KEYS_DIR`: certificates (PEM) of the authorities that this instance recognises."""


def current_platform() -> Platform:
    """That of the application which handles this request; read once. Raises BadKeys, OSError."""
    known = current_app.extensions.get("platform")
    if known is None:
        known = current_app.extensions["platform"] = platform_of(current_app.extensions["settings"])
    found: Platform = known
    return found


def platform_of(settings: Settings) -> Platform:
    """Its keys are those given, those kept, or those drawn now. Raises BadKeys, OSError."""
    keys = _given(settings) or kept_keys(settings.keys_dir) or draw_and_keep(settings)
    folder = settings.keys_dir / AUTHORITIES
    authorities = tuple(file.read_text(encoding="ascii") for file in sorted(folder.glob("*.pem")))
    return Platform(keys, settings.tsa_url, authorities)


def draw_and_keep(settings: Settings) -> PlatformKeys:
    """New keys, in the place of those before: what these made is still verified, by their public part."""
    keys = draw_keys(name=settings.base_url.partition("://")[2], at=now())
    write_keys(settings.keys_dir, keys)
    return keys


def has_keys(settings: Settings) -> bool:
    return settings.platform_keys is not None or kept_keys(settings.keys_dir) is not None


def _given(settings: Settings) -> PlatformKeys | None:
    return read_keys(settings.platform_keys.get_secret_value()) if settings.platform_keys else None
