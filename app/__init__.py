"""The web: HTTP and socket messages become one service call, and its answer HTML."""

from typing import Any

from flask import Blueprint, Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app import announcing, assets, errors, limits, observability, security, sockets
from app.config import Settings
from app.pages import presentation, remembering, rendering
from app.pages.amending import amending
from app.pages.amendment_changes import amendment_changes
from app.pages.at_date import at_date
from app.pages.choosing import choosing
from app.pages.closing import closing
from app.pages.comparing import comparing
from app.pages.consultations import consultations
from app.pages.discussion import discussion
from app.pages.discussion_pieces import discussion_pieces
from app.pages.draft_starts import draft_starts
from app.pages.engagement_file import engagement_file
from app.pages.evaluation import evaluation
from app.pages.extract import extract
from app.pages.follow_up import follow_up
from app.pages.glance import glance
from app.pages.history import history
from app.pages.home import home
from app.pages.inside import inside
from app.pages.leaving import leaving
from app.pages.long_prints import long_prints
from app.pages.members import members
from app.pages.message_steps import message_steps
from app.pages.minutes import minutes
from app.pages.moves import moves
from app.pages.navette import navette
from app.pages.navettes import navettes
from app.pages.notices import notices
from app.pages.opening import opening
from app.pages.perimeter import perimeter
from app.pages.pieces import pieces
from app.pages.private_history import private_history
from app.pages.project_file import project_file
from app.pages.provenance import provenance
from app.pages.readings import readings
from app.pages.retaking import retaking
from app.pages.seances import seances
from app.pages.seances_agenda import seances_agenda
from app.pages.seances_room import seances_room
from app.pages.seances_wall import seances_wall
from app.pages.search import search
from app.pages.shaping import shape
from app.pages.signing import signing
from app.pages.synoptique import synoptique
from app.pages.table import table
from app.pages.tasks import tasks
from app.pages.texts import texts
from app.pages.threads import threads
from app.pages.trajectory import trajectories
from app.pages.trames import trames
from app.pages.verifying import verifying
from app.pages.whole import whole
from app.pages.word import word
from app.pages.word_papers import word_papers
from app.pages.word_parts import word_parts
from app.pages.word_return import word_return
from app.signin import session
from app.signin.pages import signin
from negotiation.store import connect_store

BLUEPRINTS: tuple[Blueprint, ...] = (
    signin,
    home,
    table,
    texts,
    shape,
    whole,
    readings,
    amending,
    evaluation,
    follow_up,
    moves,
    retaking,
    choosing,
    draft_starts,
    synoptique,
    inside,
    threads,
    seances,
    seances_agenda,
    seances_room,
    seances_wall,
    minutes,
    discussion,
    discussion_pieces,
    message_steps,
    tasks,
    navettes,
    at_date,
    comparing,
    navette,
    trajectories,
    engagement_file,
    word,
    word_papers,
    word_parts,
    provenance,
    glance,
    history,
    members,
    closing,
    leaving,
    private_history,
    signing,
    project_file,
    long_prints,
    amendment_changes,
    consultations,
    verifying,
    word_return,
    opening,
    trames,
    perimeter,
    notices,
    search,
    extract,
    pieces,
)
"""One a subject; a new one is one line here."""


def create_app(settings: Settings) -> Flask:
    """The application for these settings. Its database must be migrated. Raises StoreUnsafe."""
    app = Flask(__name__, static_folder=None, template_folder=str(assets.TEMPLATES))
    app.config["SECRET_KEY"] = settings.signing_key()
    app.extensions["settings"] = settings
    app.extensions["store"] = connect_store(settings.database_url)
    app.extensions["store"].assert_safe()

    observability.install(app)
    security.install(app, settings)
    CSRFProtect(app)
    limits.install(app)
    errors.install(app)
    session.install(app)
    presentation.install(app.jinja_env)
    remembering.install(app)
    rendering.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)

    assets.install(app)
    sockets.install(app, settings)
    announcing.install(app)
    layers: Any = security.SecurityHeaders(app.wsgi_app, settings)
    if settings.proxies:
        layers = ProxyFix(layers, x_for=settings.proxies, x_proto=settings.proxies)
    app.wsgi_app = layers  # type: ignore[method-assign]
    return app
