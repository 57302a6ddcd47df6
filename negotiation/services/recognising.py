"""Which frozen contract a file is, and what was done to it when it isn't quite one. Open to anybody who holds the file.

The judgement rests on the file's own bytes and on public keys: it never tells where it differs from what is kept here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from negotiation.documents.amendment_print import consolidated_content
from negotiation.documents.contract_attachments import markdown_of
from negotiation.documents.pdf_states import named_hashes, prefix_hashes
from negotiation.documents.platform_keys import as_der
from negotiation.rules.paris import paris_day
from negotiation.store.queries.amendments import Consolidated, amendment_frozen_as, consolidated_with
from negotiation.store.queries.signatures import State, certificates, state_with_content, state_with_hash
from negotiation.verifier import (
    ATTACHED_CONSOLIDATED,
    ATTACHED_JSON,
    CONSOLIDATED,
    NEVER_PROVED,
    Check,
    Report,
    attached_to,
    sha256,
)

INCREMENT = b"startxref"
SIGNED = b"/ByteRange"


@dataclass(frozen=True)
class Look:
    """What may be said of a file without asking anybody: computed off the loop."""

    data: bytes
    prefixes: dict[str, int]
    named: frozenset[str]


def look_at(data: bytes) -> Look:
    return Look(data, prefix_hashes(data), named_hashes(data))


def exactly(data: bytes, known_hashes: Mapping[str, str]) -> Report:
    """Is this PDF, to the byte, one of the known ones (SHA-256 → label)?"""
    fingerprint = sha256(data)
    label = known_hashes.get(fingerprint)
    if label is None:
        return _wrong(UNKNOWN, fingerprint)
    check = Check("Fichier", True, f"exactement {label}, pas un octet n’a changé")
    return Report(True, [check], None, [f"Ce fichier est exactement {label}."], [*NEVER_PROVED], fingerprint)


def report_of(session: Session, look: Look, within: frozenset[str]) -> tuple[Report, State | None]:
    """The verdict on a PDF; the state is that of the known file that it is, or begins with. `within`: fingerprints of
    what it carries (`pdf_attachments.fingerprints_within`)."""
    state = state_with_hash(session, look.prefixes)
    fingerprint = sha256(look.data)
    if state is None:
        return _wrong(_fault_of_unknown(session, look, within), fingerprint), None
    rest = look.data[look.prefixes[state.file_hash] :]
    fault = _fault_behind(state, rest)
    if fault:
        return _wrong(fault, fingerprint), state
    what = f"la version « {state.label} »{_voided(state)}{_signatures(state)}{_imported(state)}"
    check = Check("Fichier", True, f"exactement {what}, pas un octet n’a changé")
    proves = [f"Ce fichier est exactement {what}."]
    if amended := amendment_frozen_as(session, within):
        proves.append(
            f"Avenant n° {amended.number} au contrat « {amended.amended_title} » ({amended.amended_reference}), "
            f"version signée d’empreinte {amended.amended_content_hash}."
        )
    if state.is_sealed:
        proves.append("Il porte le cachet de la plateforme, que tout lecteur de PDF qui montre les signatures affiche.")
    limits = [*NEVER_PROVED]
    if state.is_sealed and not state.is_locked and not state.voided_at:
        limits.append("Que toutes les parties ont signé : ce fichier n’est pas verrouillé.")
    if state.imported_at:
        limits.append("Que ce gel et ces signatures ont eu lieu : cette plateforme ne les a pas vus.")
    if state.voided_at:
        limits.append(
            "Que ce texte soit le contrat : les parties ont annulé cette version avant que personne ne signe."
        )
    return Report(True, [check], None, proves, limits, fingerprint=fingerprint), state


def consolidated_in(session: Session, look: Look, within: frozenset[str]) -> Consolidated | None:
    """The avenant whose frozen content a file carries that calls itself its consolidated version; None for any other
    file, and for one that anybody signed. It says which content, never that the pages show it."""
    carried = attached_to(look.data)
    if SIGNED in look.data or ATTACHED_CONSOLIDATED not in carried:
        return None
    told = consolidated_with(session, within)
    read = told and markdown_of(consolidated_content(json.loads(told.content))).encode()
    return told if carried[ATTACHED_CONSOLIDATED] == read else None


def _voided(state: State) -> str:
    return f", annulée avant toute signature le {paris_day(state.voided_at):%d/%m/%Y}" if state.voided_at else ""


def _signatures(state: State) -> str:
    signed = state.count - state.is_locked
    if not signed:
        return ""
    given = f", avec {signed} signature{'s' if signed > 1 else ''}"
    return f"{given}, verrouillée" if state.is_locked else given


def _imported(state: State) -> str:
    if state.imported_at is None:
        return ""
    return f", telle que la raconte un dossier importé le {paris_day(state.imported_at):%d/%m/%Y}"


def _fault_behind(state: State, rest: bytes) -> str:
    """What is wrong with what follows a known state."""
    if not rest:
        return "" if state.count == 0 or state.is_last else LAST_LOST
    if INCREMENT in rest:
        return AFTER_LOCK if state.is_locked else AFTER_KNOWN
    return TRAILING


def _fault_of_unknown(session: Session, look: Look, within: frozenset[str]) -> str:
    if told := consolidated_in(session, look, within):
        return CONSOLIDATED.format(f"l’avenant n° {told.number} au contrat « {told.title} » ({told.reference})")
    held, lower = state_with_content(session, within | look.named), look.data.lower()
    bears = any(as_der(certificate).hex().encode() in lower for certificate in certificates(session))
    if bears or (held is not None and held.is_sealed and SIGNED in look.data):
        return ALTERED
    if held is not None:
        return RENDERED_AGAIN
    if SIGNED in look.data:
        return SIGNED_BY_OTHERS
    return PROJECT if ATTACHED_JSON in attached_to(look.data) else UNKNOWN


def _wrong(fault: str, fingerprint: str) -> Report:
    check = Check("Fichier", False, fault)
    return Report(False, [check], f"{check.label} : {check.detail}", fingerprint=fingerprint)


UNKNOWN = (
    "aucun texte figé ou approuvé ici n’a cette empreinte : ou il ne vient pas de cette plateforme, ou un octet en a "
    "changé"
)
PROJECT = (
    "il porte le texte d’un contrat et aucun gel : un projet de travail, qui ne prouve rien, ou le fichier d’une autre "
    "plateforme"
)
ALTERED = "il porte le cachet d’un contrat scellé ici, et ses octets ne sont plus ceux du cachet : un au moins a changé"
RENDERED_AGAIN = "il porte le texte d’un contrat figé ici, mais dans un autre fichier que celui qui fut figé"
SIGNED_BY_OTHERS = "il est signé, mais par d’autres : il ne porte aucun cachet de cette plateforme"
LAST_LOST = "il est juste jusqu’à son dernier octet, mais une signature donnée depuis y manque : la fin a été perdue"
AFTER_LOCK = "une mise à jour a été ajoutée après le verrou posé quand toutes les parties avaient signé"
AFTER_KNOWN = (
    "le contrat figé y est intact, mais ce qui le suit n’est pas ce qui fut signé ici : une signature a été changée, "
    "ou n’a jamais été déposée"
)
TRAILING = "des octets suivent la fin du contrat : ajoutés, ou reste d’une signature coupée"
