"""Entry: `flask --app app …` for commands (`demo` serves the demonstration), `gunicorn app:app` to serve."""

import sys

import click

from config import Settings, SettingsError

# What gunicorn's master takes for “the app cannot be loaded”: it stops, where any other code would have it try for ever.
CANNOT_BE_LOADED = 4


def is_command() -> bool:
    """A command (import, policy, funnel …) needs no secret key; a server, `flask run` among them, does."""
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name != "run"


try:
    settings = Settings.from_environment()
    if not is_command():
        settings.require_serving()
except SettingsError as error:
    print(error, file=sys.stderr)
    sys.exit(CANNOT_BE_LOADED)

from crm import create_app, settle  # noqa: E402  a refusal need not wait for the whole house

app = create_app(settings)
settle()

if __name__ == "__main__":
    sys.exit("请用 gunicorn app:app 提供服务，或用 make run 看演示。 / Serve with gunicorn app:app, or see make run.")
