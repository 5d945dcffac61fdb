"""What a person typed comes back as text, also inside a translated sentence."""

from pathlib import Path

from flask import Flask, render_template_string, session
from flask_babel import lazy_gettext as _l

from crm.web import language


def test_a_lazy_sentence_is_escaped() -> None:
    app = Flask(__name__)
    app.config.update(ROOT=Path(__file__).parent, SECRET_KEY="x")
    language.init_app(app)
    with app.test_request_context():
        session["language"] = "zh"
        page = render_template_string(
            "{{ lazy }} {{ _('R&D %(name)s', name=typed) }}",
            lazy=_l("“%(text)s”不是数字", text="<script>"),
            typed="<img>",
        )
    assert page == "“&lt;script&gt;”不是数字 R&amp;D &lt;img&gt;"
