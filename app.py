"""Entry: `flask --app app …` for commands, `gunicorn app:app` to serve, `python app.py` for the demonstration."""

import os
import sys

from config import Settings, SettingsError
from crm import create_app

settings = Settings.from_environment()

# A command (import, policy, funnel …) needs no secret key; a server does.
is_command = os.environ.get("FLASK_RUN_FROM_CLI") == "true" and "run" not in sys.argv[1:]
if not is_command:
    try:
        settings.require_serving()
    except SettingsError as error:
        sys.exit(str(error))

app = create_app(settings)
