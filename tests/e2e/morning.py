"""The next morning of a running instance: the mails that its digest sends, to a mail server of the tests."""

import pytest

from app import create_app
from app.config import Settings
from tests.e2e.serving import RunningServer
from tests.mail_server import Arrived, PostBox
from tests.mail_table import mail_round
from tests.mornings import a_clock


def mails_of_the_next_morning(instance: RunningServer) -> list[Arrived]:
    """On the same database, as a process of the same instance sends them at half past seven."""
    with PostBox() as box, pytest.MonkeyPatch.context() as patched:
        a_clock(patched).next_morning()
        settings = Settings(
            data_dir=instance.folder,
            base_url=instance.address,
            log_level="error",
            email_url=box.url,
            email_from="Navette <navette@exemple.example>",
        )
        app = create_app(settings)
        mail_round(app)
        app.extensions["store"].engine.dispose()
        return list(box.letters)
