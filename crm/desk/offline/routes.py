"""What the script of a device asks for. The pages themselves are kept by `frontend/src/worker.js`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from crm.accounts.access import public, requires
from crm.accounts.permissions import Permission
from crm.desk.offline import queries

blueprint = Blueprint("offline", __name__)
WORKER = "worker.js"


@blueprint.get("/worker.js")
@public
def worker() -> Response:
    """The service worker, with the addresses of what it keeps: any new built file makes it a new worker."""
    static = Path(str(current_app.static_folder))
    asset: Any = current_app.jinja_env.globals["asset"]
    settings = {
        "assets": [asset(file.name) for file in sorted(static.iterdir()) if file.is_file() and file.name != WORKER],
        "home": url_for("web.home"),
        "day": url_for("desk.day"),
        "nothing": url_for("offline.nothing"),
        "pages": url_for("offline.pages"),
        "session": url_for("offline.session"),
        "unsent": url_for("offline.unsent"),
    }
    script = f"self.tidu = {json.dumps(settings)};\n{(static / WORKER).read_text()}"
    answer = Response(script, mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """How the app is installed. Its language is in the address: a browser asks for it without saying who it is."""
    english = request.args.get("language") == "en"
    asset: Any = current_app.jinja_env.globals["asset"]
    icons = [(192, "any"), (512, "any"), (512, "maskable")]
    content = {
        "id": url_for("web.home"),
        "name": "Tidu 梯度" if english else "梯度 Tidu",
        "short_name": "Tidu" if english else "梯度",
        "lang": "en" if english else "zh-CN",
        "start_url": url_for("web.home"),  # which leads each person to their first page
        "scope": url_for("web.home"),
        "display": "standalone",
        "theme_color": "#fff",
        "background_color": "#f6f7f5",
        "icons": [
            {
                "src": asset(f"{'maskable' if purpose == 'maskable' else 'icon'}-{size}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size, purpose in icons
        ],
    }
    return Response(json.dumps(content, ensure_ascii=False), mimetype="application/manifest+json")


@blueprint.get("/offline")
@public
def nothing() -> str:
    """What a device shows without network when it keeps nothing of the one who asks. Belongs to nobody."""
    return render_template("desk/offline/nothing.html")


@blueprint.get("/offline/session")
@public
def session() -> Response:
    """Who is signed in here (None: nobody), and the token that a form of theirs is sent with."""
    signed_in = current_user.is_authenticated
    return _unkept({"person": current_user.id if signed_in else None, "token": generate_csrf()})


@blueprint.get("/offline/pages")
@requires(Permission.LOG_VISITS)
def pages() -> Response:
    """The pages that this person's device keeps, the most wanted first."""
    plans = queries.plans_ahead(current_user)
    planned = {plan.firm_id: plan.id for plan in reversed(plans)}
    firms = [
        {
            "name": firm.name,
            "brief": url_for("desk.brief", firm_id=firm.id),
            "form": url_for("visits.create", firm_id=firm.id, plan=planned.get(firm.id)),
        }
        for firm in queries.firms_ahead(current_user, plans)
    ]
    return _unkept({"person": current_user.id, "pick": url_for("visits.pick"), "firms": firms})


@blueprint.get("/offline/unsent")
@requires(Permission.LOG_VISITS)
def unsent() -> str:
    """What this device has not sent yet, and what it can open without network: filled in by the device itself."""
    return render_template("desk/offline/unsent.html")


def _unkept(content: dict[str, Any]) -> Response:
    answer = jsonify(content)
    answer.headers["Cache-Control"] = "no-store, private"
    return answer
