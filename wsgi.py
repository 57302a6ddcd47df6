"""For another WSGI server than `navette serve`: one gevent worker, patched before this file is read (decision 6)."""

from app import create_app
from app.background import start_background
from app.config import Settings
from negotiation.store import migrate

settings = Settings()
migrate(settings.database_url)
application = create_app(settings)
start_background(application)
