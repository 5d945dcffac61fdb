"""The part of a form that says from which document its values are: one the firm has, or one uploaded now."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms.documents.service import ACCEPTED, store_document, visible_document, visible_documents
from crm.firms.models import Document, Firm
from crm.kernel.db import db
from crm.web.fields import ChoiceField

OFFERED = 50  # the newest documents; the others are found on the firm's page


class EvidenceForm(FlaskForm):
    """Give the firm whose documents may be chosen, and the record as `obj`."""

    document_id = ChoiceField(_l("依据文件"), words={}, empty=_l("（不附文件）"))
    file = FileField(_l("上传新文件"), render_kw={"accept": ACCEPTED})

    def __init__(self, firm: Firm, *, obj: Any = None, **options: Any) -> None:
        self._documents = documents_of(firm.id, getattr(obj, "document_id", None))
        super().__init__(obj=obj, **options)

    def process(self, *positional: Any, **named: Any) -> None:
        """Bind the form, the documents being known before the choice is read."""
        self.document_id.words = {document.id: document.name for document in self._documents}
        super().process(*positional, **named)

    def document(self, actor: User, firm: Firm) -> Document | None:
        """The document uploaded or chosen. Raises DomainError on `file` for a file that cannot be kept."""
        if self.file.data and self.file.data.filename:
            return store_document(actor, firm, self.file.data, field="file")
        return next((document for document in self._documents if document.id == self.document_id.data), None)


def documents_of(firm_id: int, also: int | None = None) -> list[Document]:
    """The firm's newest documents, and one more that a record already names."""
    newest = list(
        db.session.scalars(
            select(Document)
            .where(Document.firm_id == firm_id, visible_documents(current_user))
            .order_by(Document.id.desc())
            .limit(OFFERED)
        )
    )
    if also is not None and all(document.id != also for document in newest):
        named = visible_document(current_user, db.session.get(Document, also))
        newest += [named] if named is not None else []
    return newest
