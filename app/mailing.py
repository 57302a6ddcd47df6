"""Mails: made when they leave, sent one by one, in a round of their own, so that a server that hangs delays no page.

What waits is in the table `mail`; what a crash in between leaves is told in `services/mail_queue.py`. Without
`EMAIL_URL` nothing is made and nothing is kept: the commands print links, as on a first day.
"""

import base64
import hashlib
import hmac
import time
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

import structlog
from flask import current_app

from app.config import Settings
from app.database import current_store
from app.mail_words import receipts_in, sections_of, short_title, subject_of
from app.platform import current_platform
from app.post_office import Envelope, Outcome, PostOffice, deliver
from negotiation.errors import NotFound
from negotiation.rules.clause_text import french_typography
from negotiation.rules.notices import INVITATION_LIFETIME, LIFETIMES, Ending, MailKind
from negotiation.services import heads, mail_queue, notifying
from negotiation.services.mail_contents import news_for, title_for
from negotiation.services.mail_queue import Letter, Told
from negotiation.services.signing_in import account_of, make_signin_link
from negotiation.store import Announcing
from negotiation.store.columns import new_id, now

log = structlog.get_logger()

PAUSE = 60.0
"""Seconds without a try after a server that didn't answer: it would hang each mail in turn."""
MOST_ASKED = 1000
"""Sign-in links asked for and not yet made; beyond, the oldest are forgotten, and can be asked again."""


@dataclass(frozen=True)
class Draft:
    """A mail as it leaves: subject, text, HTML; how far it tells its reader; the one-click address, if it has one."""

    subject: str
    text: str
    html: str
    told: Told | None = None
    unsubscribe: str = ""


def mail_is_set(settings: Settings) -> bool:
    """Whether this instance sends mails. Ask before `queue_mail`; where it doesn't, show the link to who invites."""
    return settings.email_url is not None


def ask_signin_link(email: str) -> None:
    """Somebody asks for a link. Nothing is looked up here: a known address answers in the same time as another."""
    asked: deque[str] = current_app.extensions.setdefault("asked_links", deque(maxlen=MOST_ASKED))
    asked.append(email)


def unsubscribe_token(person_id: str, negotiation_id: str) -> str:
    """The secret of a reader's one-click links: the same in each mail, so that an old one still works."""
    key = _settings().signing_key().encode()
    made = hmac.digest(key, f"unsubscribe\0{person_id}\0{negotiation_id}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


# ---------------------------------------------------------------------- the round


def make_signin_mails() -> None:
    """A mail for each known address that asked for a link."""
    asked: deque[str] = current_app.extensions.get("asked_links", deque())
    while asked and mail_is_set(_settings()):
        email = asked.popleft()
        with current_store().reading() as session:
            account = account_of(session, email)
        if account.person_id is not None:
            with current_store().unit_of_work(Announcing.SILENT) as uow:
                notifying.queue_mail(
                    uow, person_id=account.person_id, kind=MailKind.SIGNIN, dedupe=f"signin:{new_id()}"
                )


def make_immediate_mails() -> None:
    """Look at what happened, once it can't be taken back any more."""
    if not mail_is_set(_settings()):
        return
    moment = now()
    with current_store().reading() as session:
        plan = notifying.plan_immediate(session, moment)
    if plan is not None:
        with current_store().unit_of_work(Announcing.SILENT) as uow:
            notifying.queue_immediate(uow, plan, moment)


def make_digests() -> None:
    if not mail_is_set(_settings()):
        return
    moment = now()
    with current_store().reading() as session:
        if not notifying.digests_wait(session, moment):
            return
    with current_store().unit_of_work(Announcing.SILENT) as uow:
        notifying.queue_digests(uow, moment)


def make_head_mails() -> None:
    """The head of each shared history, when it is due: signed first, by mail or not."""
    moment = now()
    with current_store().reading() as session:
        unsigned = heads.histories_to_seal(session, moment)
    for negotiation_id in unsigned:
        with current_store().unit_of_work(Announcing.SILENT) as uow:
            heads.seal_week(uow, negotiation_id, moment, platform=current_platform())
    if not mail_is_set(_settings()):
        return
    with current_store().reading() as session:
        due = heads.head_mails_due(session, moment)
    if due:
        with current_store().unit_of_work(Announcing.SILENT) as uow:
            heads.queue_head_mails(uow, due, moment)


def send_due_mails() -> None:
    """Send what may leave, until the server doesn't answer."""
    office = _settings().post_office
    if office is None or time.monotonic() < current_app.extensions.get("mail_pause_ends", 0.0):
        return
    with current_store().reading() as session:
        due = mail_queue.due_mails(session, now())
    for mail_id in due:
        if not _send(office, mail_id):
            current_app.extensions["mail_pause_ends"] = time.monotonic() + PAUSE
            return


def forget_old_mails() -> None:
    store = current_store()
    with store.reading() as session:
        old = mail_queue.old_mails(session, now())
    if old:
        with store.unit_of_work(Announcing.SILENT) as uow:
            mail_queue.delete_mails(uow, old)


# ---------------------------------------------------------------------- one mail


def _send(office: PostOffice, mail_id: str) -> bool:
    """Whether there was a server to speak with."""
    store = current_store()
    with store.unit_of_work(Announcing.SILENT) as uow:
        letter = mail_queue.claim(uow, mail_id, now())
    if letter is None:
        return True
    draft = _written(letter)
    if isinstance(draft, Told | None):
        with store.unit_of_work(Announcing.SILENT) as uow:
            mail_queue.drop(uow, letter, moment=now(), told=draft)
        return True
    outcome = _conversation(office, letter, draft)
    log.info("mail.attempted", mail=letter.id, kind=letter.kind, ending=outcome.ending, attempts=letter.attempts)
    with store.unit_of_work(Announcing.SILENT) as uow:
        if outcome.ending is Ending.ACCEPTED:
            mail_queue.mark_sent(uow, letter, moment=now(), told=draft.told)
        else:
            given_up = mail_queue.settle(uow, letter, outcome.ending, moment=now(), said=outcome.said)
            tell = log.error if given_up else log.warning
            tell("mail.given_up" if given_up else "mail.delayed", mail=letter.id, kind=letter.kind, said=outcome.said)
    return outcome.reached


def _conversation(office: PostOffice, letter: Letter, draft: Draft) -> Outcome:
    try:
        envelope = Envelope(_settings().sender[1], _ascii(letter.email), _message(letter, draft))
    except (ValueError, MessageError) as fault:
        return Outcome(Ending.REFUSED, f"unwritable: {fault}")

    def hand_over() -> None:
        with current_store().unit_of_work(Announcing.SILENT) as uow:
            mail_queue.mark_handed(uow, letter, now())

    try:
        return deliver(office, envelope, hand_over=hand_over)
    except NotFound:
        return Outcome(Ending.REFUSED, "taken back")


def _written(letter: Letter) -> Draft | Told | None:
    """The mail; or, when there is nothing to send, how far its reader needs no telling."""
    match letter.kind:
        case MailKind.SIGNIN:
            return _link(letter, "", LIFETIMES[letter.kind])
        case MailKind.INVITATION:
            with current_store().reading() as session:
                title = title_for(session, letter)
            return None if title is None else _link(letter, title, INVITATION_LIFETIME)
        case MailKind.HEAD:
            return _head(letter)
        case _:
            return _news(letter)


def _link(letter: Letter, title: str, lifetime: timedelta) -> Draft | None:
    """A link is made each time its mail leaves: none waits in the table."""
    try:
        with current_store().unit_of_work(Announcing.SILENT) as uow:
            token = make_signin_link(uow, letter.email, lifetime=lifetime)
    except NotFound:
        return None
    named = short_title(title)
    context = {
        "title": french_typography(named),
        "link": f"{_settings().base_url}/connexion/lien/{token}",
        "hours": int(lifetime.total_seconds() // 3600),
    }
    subject = f"Navette : vous êtes invité à la table, {named}" if title else "Navette : votre lien pour entrer"
    return Draft(
        french_typography(subject),
        _rendered("email/link.txt", context),
        _rendered("email/link.html", context),
    )


def _head(letter: Letter) -> Draft | None:
    with current_store().reading() as session:
        head = heads.head_for(session, letter)
    if head is None:
        return None
    named = short_title(head.title)
    context = {
        "title": french_typography(named),
        "head": head,
        "verify": f"{_settings().base_url}/verifier",
        "choices": f"{_settings().base_url}/negociations/{head.negotiation_id}/avis",
    }
    return Draft(
        french_typography(f"Navette : tête de l’historique à garder, {named}"),
        _rendered("email/head.txt", context),
        _rendered("email/head.html", context),
    )


def _news(letter: Letter) -> Draft | Told | None:
    with current_store().reading() as session:
        news = news_for(session, letter, now())
    if news is None or news.is_empty:
        return news.told if news else None
    token = unsubscribe_token(letter.person_id, news.negotiation.id)
    with current_store().unit_of_work(Announcing.SILENT) as uow:
        notifying.remember_token(uow, letter.person_id, news.negotiation.id, token)
    address = f"{_settings().base_url}/negociations/{news.negotiation.id}"
    unsubscribe = f"{_settings().base_url}/avis/arret/{token}"
    context = {
        "title": french_typography(short_title(news.negotiation.title)),
        "sections": sections_of(news),
        "receipts": receipts_in(news, _settings().base_url),
        "table": f"{address}?etat=a-moi" if news.todo.clauses else address,
        "choices": f"{address}/avis",
        "unsubscribe": unsubscribe,
    }
    return Draft(
        subject_of(news),
        _rendered("email/news.txt", context),
        _rendered("email/news.html", context),
        told=news.told,
        unsubscribe=unsubscribe,
    )


def _rendered(template: str, context: dict[str, Any]) -> str:
    """Outside any request: nobody is signed in here."""
    return current_app.jinja_env.get_template(template).render(context)


def _message(letter: Letter, draft: Draft) -> bytes:
    """Raises ValueError for what no header may hold."""
    name, address = _settings().sender
    domain = address.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=_ascii(letter.email))
    message["Subject"] = draft.subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{letter.message_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if draft.unsubscribe:
        message["List-Unsubscribe"] = f"<{draft.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(draft.text, cte="quoted-printable")
    message.add_alternative(draft.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = "fr"  # last: what is said before the alternative moves into its first part
    return message.as_bytes()


def _ascii(email: str) -> str:
    """The address as every server reads it. Raises ValueError when its local part isn't ASCII."""
    local, _, domain = email.rpartition("@")
    if not local.isascii():
        raise ValueError("local part of the address")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
