"""The single table from a refusal to what people are told: HTTP status, French sentence; and the handlers that use it.

Pages get a whole page, or a short notice when htmx asked for a fragment; sockets get an acknowledgement.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from negotiation.errors import NotFound, RecentSigninRequired, Refusal, SigninRequired
from negotiation.rules.clause_text import french_typography, value_text
from negotiation.rules.vocabulary import ValueKind

log = structlog.get_logger()


@dataclass(frozen=True)
class Row:
    status: int
    sentence: str
    """In French, with ordinary spaces; may name facts of the refusal: « {limit} »."""


TABLE: dict[str, Row] = {
    "refused": Row(422, "Ce geste n’est pas possible."),
    "unexpected": Row(500, "Une erreur que nous n’avions pas prévue s’est produite. Rien n’a été enregistré."),
    # people
    "not_found": Row(404, "Ce document est introuvable ou ne vous est pas ouvert."),
    "not_allowed": Row(403, "Votre rôle à cette table ne permet pas ce geste."),
    "signin_required": Row(401, "Connectez-vous pour continuer."),
    "session_ended": Row(401, "Votre session est terminée. Connectez-vous de nouveau."),
    "recent_signin_required": Row(403, "Ce geste engage votre partie : confirmez d’abord que c’est vous."),
    "password_required": Row(403, "Choisissez d’abord un mot de passe : ce geste engage votre partie."),
    "wrong_password": Row(422, "L’adresse ou le mot de passe ne correspond pas."),
    "weak_password": Row(422, "Il faut {shortest} caractères au moins, et pas toujours les mêmes."),
    "signin_link_dead": Row(410, "Ce lien a déjà servi, ou son délai est passé."),
    "too_many_attempts": Row(429, "Trop d’essais en peu de temps. Attendez une minute, puis réessayez."),
    # moves
    "illegal_move": Row(409, "Ce geste n’est pas possible dans l’état actuel de la clause."),
    "stale_clause": Row(409, "Le texte a changé depuis votre lecture. Votre réponse n’est pas partie."),
    "missing_text": Row(422, "Écrivez un texte avant d’envoyer."),
    "missing_motive": Row(422, "Dites pourquoi : ce geste demande un motif."),
    "nothing_changed": Row(422, "Ce texte est celui qui est déjà proposé : rien n’est parti."),
    "unreadable_text": Row(422, "Ce texte contient des caractères que personne ne peut lire."),
    "file_refused": Row(422, "Ce fichier ne se lit pas. Rien n’en a été gardé."),
    "wrong_value": Row(422, "Cette valeur ne se lit pas."),
    "invalid_input": Row(422, "Il manque un champ, ou l’un d’eux ne se lit pas."),
    "message_too_long": Row(422, "Ce message est trop long : {limit} caractères au plus."),
    "already_at_the_table": Row(422, "Cette personne ne peut pas être invitée ici : nul ne siège deux fois."),
    "last_administrator": Row(422, "Gardez au moins une personne qui puisse inviter pour votre partie."),
    "not_shared": Row(409, "Cette fiche est encore interne à votre partie : mettez-la d’abord sur la table."),
    "part_in_use": Row(409, "Un texte y est déjà sur la table : demandez l’abandon de ses clauses, qui se consent."),
    "cannot_shape": Row(409, "Le contrat ne peut pas prendre cette forme."),
    "outside_mandate": Row(409, "Ce texte sort de votre mandat interne. Rien n’est parti : confirmez, ou revenez-y."),
    "visa_required": Row(409, "Votre partie demande un visa interne avant ce geste : rien n’est parti."),
    "visa_pending": Row(409, "Un texte de votre partie attend déjà son visa sur cette clause."),
    "wider_audience": Row(409, "Vous écriviez à moins de personnes : confirmez l’envoi."),
    "quote_not_found": Row(422, "Ce passage n’est pas dans le texte affiché : citez-le tel qu’il est écrit."),
    "too_late_to_recall": Row(409, "Le délai de trente secondes est passé : le message est parti."),
    "reminded_today": Row(409, "Cela a déjà été rappelé aujourd’hui : un rappel par jour suffit."),
    "answered_already": Row(409, "Quelqu’un y a déjà répondu : ces mots ne se reprennent plus."),
    "seance_in_state": Row(409, "Cette séance n’en est pas là."),
    "not_chair": Row(403, "Seule la personne qui anime la séance peut le faire."),
    "chair_taken": Row(409, "Quelqu’un d’autre anime déjà cette séance : reprenez l’animation si c’est convenu."),
    "agenda_full": Row(422, "L’ordre du jour a déjà {limit} points : c’est le plus qu’il puisse en avoir."),
    "point_discussed": Row(409, "Ce point a été abordé : il reste à l’ordre du jour."),
    "decision_settled": Row(409, "Cette décision n’attend plus : elle ne se change plus."),
    "too_many_decisions": Row(
        429, "Vous avez noté {limit} décisions en une minute : celle-ci n’est pas notée. Reprenez dans un instant."
    ),
    "decisions_waiting": Row(
        409, "Des décisions peuvent encore être annulées pendant {seconds} secondes : la séance se clôt ensuite."
    ),
    "frozen": Row(409, "Le contrat est figé, ou l’avenant clos sans suite : il ne change plus que par un avenant."),
    "amendment_pending": Row(409, "Un avenant à ce contrat est déjà en négociation : un seul à la fois."),
    "not_signed": Row(409, "Le contrat n’est pas encore signé par toutes les parties : rien n’est à suivre."),
    "not_ready_to_freeze": Row(409, "Tout n’est pas encore réglé : le contrat ne peut pas être figé."),
    "unprintable": Row(422, "Le caractère « {character} » ne peut pas être imprimé : remplacez-le ({where})."),
    "word_failed": Row(500, "Le fichier n’a pas pu être produit. Réessayez, ou prenez le format .docx."),
    "print_failed": Row(500, "Le PDF n’a pas pu être produit : rien n’a été figé."),
    "frozen_bytes_changed": Row(409, "Le contrat gardé n’a plus son empreinte : personne ne peut le signer ainsi."),
    "seal_failed": Row(503, "Le cachet n’a pas pu être posé ({reason}). Rien n’est enregistré."),
    "signatories_changed": Row(409, "La liste des signataires a changé pendant la mise en page. Recommencez."),
    "signed_meanwhile": Row(
        409, "Quelqu’un a signé depuis que vous avez pris ce fichier. Prenez le fichier à jour et signez celui-là."
    ),
    "version_voided": Row(
        409, "Cette version a été annulée avant toute signature : la négociation est rouverte. Rien n’a été signé."
    ),
    "signed_already": Row(
        409, "Une signature est déjà donnée : cette version ne se rouvre plus. Seul un avenant change le contrat."
    ),
    "not_your_turn": Row(409, "L’ordre des signatures est fixé : une autre personne signe avant."),
    "paper_superseded": Row(
        409,
        "Depuis que cet exemplaire est arrivé, la personne qui devait signer a refusé, ou laissé sa place : sa partie "
        "en apporte un autre. Rien n’a été enregistré.",
    ),
    "not_the_sealed_file": Row(422, "Ce fichier n’est pas reçu : {reason}."),
    "scan_refused": Row(422, "Ce fichier n’est pas reçu : {reason}. Rien n’est enregistré."),
    "already_done": Row(409, "C’était déjà fait : rien de plus n’a été enregistré."),
    # live drafts
    "update_refused": Row(422, "Cette modification n’a pas été acceptée. Gardez une copie de votre texte."),
    "resync_needed": Row(409, "Le texte n’est plus à jour sur ce poste : il va être relu."),
    "epoch_changed": Row(409, "Le brouillon a été repris depuis le début : il va être relu."),
    "schema_outdated": Row(409, "Cette page est plus ancienne que Navette : rechargez-la."),
    # files and start
    "invalid_file": Row(422, "Ce fichier n’est pas une négociation lisible ({path} : {problem})."),
    "copy_refused": Row(409, "Sauvegarde : {problem}."),
    "invalid_archive": Row(422, "Ce dossier ne peut pas être importé : {problem}."),
    "already_imported": Row(409, "Ce fichier a déjà été importé."),
    "store_unsafe": Row(500, "La base de données n’est pas réglée pour garder ce qu’elle accepte."),
    # requests
    "bad_request": Row(400, "La demande est incomplète ou abîmée."),
    "foreign_origin": Row(403, "Cette demande vient d’un autre site : elle n’a pas été suivie."),
    "foreign_host": Row(400, "Navette ne répond pas à ce nom : son adresse publique est celle de BASE_URL."),
    "form_expired": Row(400, "Ce formulaire a expiré. Rien n’a été enregistré."),
    "method_not_allowed": Row(405, "Cette adresse ne se lit pas ainsi."),
    "too_large": Row(413, "Ce que vous avez envoyé dépasse la taille acceptée."),
    "unknown_event": Row(404, "Cette page est plus ancienne que Navette : rechargez-la."),
}

REASONS: dict[tuple[str, str], str] = {
    ("illegal_move", "not_concerned"): "Votre partie n’est pas concernée par cette clause.",
    ("illegal_move", "locked"): "Cette clause est accordée : demandez d’abord sa réouverture.",
    ("illegal_move", "not_agreed"): "Cette clause n’est pas accordée : il n’y a rien à rouvrir.",
    ("illegal_move", "approved"): "Toutes les parties l’ont approuvé : ses mots ne changent plus.",
    ("illegal_move", "kept"): "Cette ligne ne s’abandonne pas : on y répond, ou elle reste non renseignée.",
    ("illegal_move", "everybody"): "Ce document s’approuve par toutes les parties.",
    ("illegal_move", "nothing_tabled"): "Aucun texte n’est sur la table.",
    ("illegal_move", "nothing_to_counter"): "Aucun texte n’est sur la table : faites une proposition.",
    ("illegal_move", "own_text"): "C’est le texte de votre partie : c’est aux autres d’y répondre.",
    ("illegal_move", "already_behind"): "Votre partie a déjà accepté cette version.",
    ("illegal_move", "not_the_author"): "Seule la partie qui l’a écrit peut le faire.",
    ("illegal_move", "no_reserve"): "Votre partie n’a pas de réserve ouverte sur cette clause.",
    ("illegal_move", "withdrawn"): "Cette clause a été retirée.",
    ("illegal_move", "request_pending"): "Une demande est déjà en cours sur cette clause : répondez-y d’abord.",
    ("illegal_move", "no_request"): "Aucune demande de ce genre n’est en cours.",
    ("illegal_move", "own_request"): "C’est la demande de votre partie : c’est aux autres d’y répondre.",
    ("illegal_move", "not_asked"): "Cette demande ne concerne pas votre partie.",
    ("illegal_move", "too_few_parties"): "Un accord se fait à deux parties au moins.",
    ("illegal_move", "same_parties"): "Ce sont déjà les parties concernées.",
    ("illegal_move", "not_shared"): "Cette fiche est encore interne à votre partie : mettez-la d’abord sur la table.",
    ("illegal_move", "follows"): "Cette valeur suit un engagement : elle se négocie avec lui.",
    ("illegal_move", "inside"): "Ce geste se fait devant toutes les parties, pas en interne.",
    ("wider_audience", "shared"): "Vous écriviez en interne. Envoyer à toutes les parties ?",
    ("wider_audience", "authorities"): "Vous écriviez en interne. Envoyer aux autorités ?",
    ("cannot_shape", "minutes"): "Ce document garde ses passages : corrigez-en les mots.",
    ("cannot_shape", "misplaced"): "Cela ne peut pas se placer ici.",
    ("cannot_shape", "title_agreed"): "Un texte y est accordé : l’intitulé ne change plus sans réouverture.",
    ("cannot_shape", "shared"): "Toutes les parties lisent déjà cette clause : proposez plutôt votre texte.",
    ("cannot_shape", "inside"): "Cette partie est encore interne : elle se supprime, elle ne s’écarte pas.",
    ("cannot_shape", "inside_above"): "Mettez d’abord sur la table la partie qui la porte : elles partiront ensemble.",
    ("cannot_shape", "dropped"): "Cette partie est écartée : rétablissez-la d’abord.",
    ("cannot_shape", "dropped_above"): "La partie qui la porte est écartée : rétablissez-la d’abord.",
    ("cannot_shape", "tabled"): "Un texte est sur la table : retirez-le d’abord, puis partagez la clause.",
    ("cannot_shape", "agreed"): "Ce texte est accordé : demandez d’abord sa réouverture.",
    ("cannot_shape", "drafted"): "La table commune a déjà changé ce texte : proposez-le d’abord.",
    ("cannot_shape", "one_unit"): "Ce texte n’a qu’un paragraphe : il n’y a rien à partager.",
    ("cannot_shape", "valued"): "Cette clause porte une valeur ou un engagement : elle ne se partage pas.",
    ("cannot_shape", "too_few"): "Un accord se fait à deux parties au moins.",
    ("cannot_shape", "debtor"): "La partie qui s’engage doit être parmi celles qui s’accordent.",
    ("cannot_shape", "there_already"): "Déjà au contrat : {titles}. Renommez, ou décochez.",
    ("cannot_shape", "left_out"): "Ce qui la porte, « {above} », n’est pas coché.",
    ("cannot_shape", "no_place"): "Rien ne la porte dans le fichier : nommez la partie du contrat qui la porte.",
    ("cannot_shape", "on_the_table"): "Une clause y paraît aussitôt à tous : choisissez « Sur la table ».",
    ("cannot_shape", "visa_pending"): "Cette partie attend un visa : retirez d’abord la demande.",
    ("seance_in_state", "planned"): "Cette séance n’est pas encore ouverte.",
    ("seance_in_state", "open"): "Cette séance est déjà ouverte.",
    ("seance_in_state", "closed"): "Cette séance est close : elle ne change plus.",
    ("seance_in_state", "cancelled"): "Cette séance a été annulée.",
    ("decision_settled", "bound"): "Cette décision engage déjà : elle ne s’annule plus, elle se renégocie.",
    ("decision_settled", "unbound"): "Cette décision n’a pas pu engager : reprenez-la sur le texte actuel.",
    ("decision_settled", "cancelled"): "Cette décision a déjà été annulée.",
    ("frozen", "locked_clause"): "Cette clause est accordée : demandez d’abord sa réouverture.",
    ("frozen", "withdrawn_clause"): "Cette clause a été retirée : elle ne s’écrit plus.",
    ("unreadable_text", "too_long"): "Ce texte est trop long : {limit} caractères au plus.",
    ("unreadable_text", "too_many_signs"): "Ce texte compte trop de lignes ou de signes de mise en forme.",
    ("unreadable_text", "too_deep"): "Ce texte a trop de niveaux de listes ou de citations.",
    ("unreadable_text", "hidden_character"): "Un caractère invisible ({character}) suit « {near} » : retirez-le.",
    ("unreadable_text", "unstable"): "La mise en forme de ce texte ne se relit pas : simplifiez-la.",
    ("file_refused", "too_big"): "Le fichier dépasse 20 Mo. Souvent des images : compressez-les dans Word.",
    ("file_refused", "not_a_document"): "Ce n’est pas un document Word. Rien n’a été lu : déposez un .docx ou un .odt.",
    ("file_refused", "old_word"): "Ce fichier est au format de Word 97 (.doc). Enregistrez-le au format .docx.",
    ("file_refused", "spreadsheet"): "Ce fichier est un classeur. Rien n’a été lu : déposez un .docx ou un .odt.",
    ("file_refused", "other_kind"): "Ce n’est pas un document Word ou Writer. Enregistrez-le au format .docx ou .odt.",
    ("file_refused", "strict"): "Ce fichier est au format « Strict Open XML » : choisissez le .docx ordinaire.",
    ("file_refused", "encrypted"): "Le fichier est protégé par un mot de passe. Enlevez-le dans Word.",
    ("file_refused", "damaged"): "Le fichier est abîmé : il ne s’ouvre pas. Enregistrez-le à nouveau dans Word.",
    ("file_refused", "bomb"): "Ce fichier se déplie en une taille démesurée. Rien n’en a été lu.",
    ("file_refused", "too_many_parts"): "Ce fichier compte plus de 2 000 pièces. Rien n’en a été lu.",
    ("file_refused", "outside_name"): "Ce fichier veut écrire hors de lui-même. Rien n’en a été lu.",
    ("file_refused", "macros"): "Le fichier contient des macros. Enregistrez-le au format .docx, sans macros.",
    ("file_refused", "external"): "Ce fichier appelle une image ou un objet d’ailleurs : rompez ces liens dans Word.",
    ("file_refused", "html_inside"): "Ce fichier contient une page web : enregistrez-le à nouveau dans Word.",
    ("file_refused", "entities"): "Ce fichier contient des définitions que Navette ne lit jamais. Rien n’en a été lu.",
    ("file_refused", "too_heavy"): "Ce fichier est trop lourd à lire. Déposez seulement les articles modifiés.",
    ("file_refused", "no_reader"): "Cette instance ne lit pas les fichiers Word : pandoc y manque.",
    ("file_refused", "no_marks"): "Les repères des clauses manquent, et aucun titre n’y est reconnu.",
    ("file_refused", "foreign_file"): "Ce fichier vient d’un autre contrat : aucune clause ne correspond.",
    ("file_refused", "too_many_headings"): "Ce fichier a trop de titres pour un contrat : déposez-en une partie.",
    ("file_refused", "no_headings"): "Aucun titre n’a été trouvé dans ce fichier : mettez-y des titres.",
    ("wrong_value", "number"): "« {given} » n’est pas un nombre.",
    ("wrong_value", "amount"): "« {given} » n’est pas un montant en euros.",
    ("wrong_value", "date"): "« {given} » n’est pas une date : écrivez-la comme 15/09/2027.",
    ("wrong_value", "choice"): "« {given} » n’est pas un choix de la liste.",
    ("wrong_value", "list"): "« {given} » n’est pas une liste.",
    ("wrong_value", "outcome"): "Un résultat est l’un de ces mots : tenu, partiellement tenu, non tenu, sans objet.",
    ("wrong_value", "decision"): "Une décision est l’un de ces mots : maintenir, ajuster par avenant, clore.",
    ("wrong_value", "progress"): "Dites où en est l’action par un mot de la liste, et son avancement de 0 à 100 %.",
    ("wrong_value", "none"): "Cette clause ne porte pas de valeur.",
    ("wrong_value", "mandate"): "Le plancher dépasse le plafond.",
}
"""A closer sentence, by code and by the refusal's `reason` or `kind`."""

TEMPLATES: dict[int, str] = {
    401: "errors/401.html",
    403: "errors/403.html",
    404: "errors/404.html",
    409: "errors/409.html",
    413: "errors/413.html",
    429: "errors/429.html",
    500: "errors/500.html",
}
OTHERWISE = "errors/422.html"
NOT_KEPT = frozenset({"csrf_token", "password", "again"})
"""Form fields that never go back into a page."""

_CODES_OF_STATUS = {
    400: "bad_request",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "too_many_attempts",
}


def row_of(code: str) -> Row:
    return TABLE.get(code, TABLE["refused"])


def status_of(refusal: Refusal) -> int:
    return row_of(refusal.code).status


def sentence_of(refusal: Refusal) -> str:
    """What happened, in French. Values are named only where the sentence asks for them."""
    reason = refusal.detail.get("reason") or refusal.detail.get("kind") or ""
    sentence = REASONS.get((refusal.code, str(reason)), row_of(refusal.code).sentence)
    return french_typography(sentence.format_map(_Facts(refusal.detail)))


def acknowledgement(refusal: Refusal) -> dict[str, Any]:
    """What a socket event is answered when it is refused."""
    return {"ok": False, "error": {"code": refusal.code, "message": sentence_of(refusal)}}


def acknowledgement_of(code: str) -> dict[str, Any]:
    """The same for what isn't a refusal of the domain."""
    return {"ok": False, "error": {"code": code, "message": french_typography(row_of(code).sentence)}}


def answer(refusal: Refusal) -> ResponseReturnValue:
    """A refusal as a page or a fragment. A blueprint's own handler calls it for what it doesn't treat itself."""
    if isinstance(refusal, RecentSigninRequired) and not wants_piece():
        return _ask_again()
    if isinstance(refusal, SigninRequired) and request.method == "GET" and not wants_piece():
        return redirect(url_for("signin.enter", next=request.full_path.rstrip("?")))
    return _page(status_of(refusal), sentence_of(refusal))


def wants_piece() -> bool:
    """Whether a page asked for this, which stays where it is."""
    return request.headers.get("HX-Request") == "true"


def or_plainly(show: Callable[[Refusal], ResponseReturnValue]) -> Callable[[Refusal], ResponseReturnValue]:
    """For a blueprint's own answer to a refusal: when its page is refused too, the plain answer to that.

    A form may be wrong before anybody asked whether its page is the person's: that page must then not exist for him.
    """

    @wraps(show)
    def shown(refusal: Refusal) -> ResponseReturnValue:
        try:
            return show(refusal)
        except Refusal as hidden:
            return answer(hidden)

    return shown


def install(app: Flask) -> None:
    app.register_error_handler(Refusal, answer)
    app.register_error_handler(CSRFError, lambda error: _page(400, french_typography(TABLE["form_expired"].sentence)))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


class _Facts(dict[str, object]):
    """The facts of a refusal, for `format_map`: one that is missing shows as an ellipsis, never as an error."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        super().__init__({name: _in_words(fact) for name, fact in facts.items()})

    def __missing__(self, key: str) -> str:
        return "…"


def _in_words(fact: object) -> object:
    """« 262 144 »: a number as a French sentence shows it."""
    return value_text(fact, None, ValueKind.NUMBER) if type(fact) is int else fact


def _ask_again() -> ResponseReturnValue:
    """Confirm the password, then take the act up again with every field it carried."""
    if request.method == "GET":
        return redirect(url_for("signin.confirm", next=request.full_path.rstrip("?")))
    kept = json.dumps([pair for pair in request.form.items(multi=True) if pair[0] not in NOT_KEPT])
    back = _page_before()
    g.act = {"next": request.path, "back": back, "kept": {"kept": kept, "back": back}}
    view = current_app.view_functions["signin.confirm"]
    return make_response(view(), 403)


def _page_before() -> str:
    """The page of ours that the request came from."""
    before = urlsplit(request.referrer or "")
    return before.path if before.netloc == request.host and before.path else "/"


def _page(status: int, sentence: str) -> Response:
    if wants_piece():
        return make_response(render_template("errors/_refusal.html", message=sentence), status)
    typed = [value for name, value in request.form.items(multi=True) if name not in NOT_KEPT and " " in value.strip()]
    template = TEMPLATES.get(status, OTHERWISE)
    page = render_template(template, message=sentence, kept="\n\n".join(typed), back=_page_before())
    return make_response(page, status)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    """404, 405, 413… in our words; werkzeug's own would say what it runs on."""
    if error.code is None or error.code < 400:
        return error.get_response()
    if isinstance(error, SecurityError):  # no page can be made for a host that isn't ours
        return Response(TABLE["foreign_host"].sentence, 400, mimetype="text/plain")
    if error.code == 404:
        return answer(NotFound())
    if error.code == 413:
        return _without_form(413)
    code = _CODES_OF_STATUS.get(error.code, "unexpected" if error.code >= 500 else "bad_request")
    response = _page(error.code, french_typography(row_of(code).sentence))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _without_form(status: int) -> Response:
    """A page for a request whose form is too heavy to be read."""
    page = render_template(TEMPLATES[status], message=french_typography(TABLE["too_large"].sentence))
    return make_response(page, status)


def _unexpected(error: Exception) -> ResponseReturnValue:
    """The page stands on its own: whatever pages share may be what failed."""
    log.error("request.failed", exc_info=error)
    if current_app.testing:
        raise error
    page = current_app.jinja_env.get_template("errors/500.html").render(request_id=g.get("request_id", ""))
    return make_response(page, 500)
