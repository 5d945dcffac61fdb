"""The form of a document."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Optional, Regexp

from crm.library.service import FIELDS
from crm.web.conflict import VersionField
from crm.web.fields import DateField, TextField, at_most


class ArticlesField(TextAreaField):
    """Articles, one a line: `三（六）：对市级研发机构奖励 5 万元`. Its data is [{"article", "text"}]."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.data = []
        for line in filter(None, map(str.strip, valuelist[0].splitlines())):
            article, colon, text = line.replace(":", "：", 1).partition("：")
            if not colon or not article.strip() or not text.strip():
                raise ValueError(_("每行写“条款号：内容”，这一行缺一半：%(line)s", line=line[:40]))
            self.data.append({"article": article.strip(), "text": text.strip()})

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "\n".join(f"{each['article']}：{each['text']}" for each in self.data or [])


class DocumentForm(FlaskForm):
    version = VersionField()
    number = TextField(FIELDS["number"], [InputRequired(_l("请填写文号；没有文号的，写文件全称。")), at_most(120)])
    title = TextField(FIELDS["title"], [InputRequired(_l("请填写标题。")), at_most(200)])
    title_en = TextField(FIELDS["title_en"], [at_most(300)])
    issuer = TextField(FIELDS["issuer"], [InputRequired(_l("请填写发文机关。")), at_most(120)])
    issued_on = DateField(FIELDS["issued_on"], not_future=True)
    in_force_from = DateField(FIELDS["in_force_from"])
    in_force_to = DateField(FIELDS["in_force_to"])
    replaces = TextField(_l("取代哪份文件（文号）"))
    summary = TextAreaField(FIELDS["summary"], [at_most(4000)])
    articles = ArticlesField(FIELDS["articles"])
    address = TextField(
        FIELDS["address"],
        [Optional(), Regexp(r"https?://", message=_l("网址以 http:// 或 https:// 开头。")), at_most(500)],
    )

    @property
    def values(self) -> dict[str, Any]:
        """What `service.add_document` takes."""
        return {
            field.name: field.data or None if field.name == "summary" else field.data
            for field in self
            if field.name not in ("version", "csrf_token")
        }
