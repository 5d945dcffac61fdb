"""A firm's documents: upload and download. The list stands on the profile."""

from __future__ import annotations

import io

from flask import flash, redirect, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.documents import service as documents
from crm.firms.forms import DocumentsForm
from crm.firms.loaders import load_firm_for, load_for
from crm.firms.models import Document
from crm.firms.routes import blueprint
from crm.kernel import files
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError


@blueprint.post("/firms/<int:firm_id>/documents")
@requires(Permission.EDIT_FIRMS)
def upload_documents(firm_id: int) -> Response:
    """Keep all of the files, or none where one of them cannot be taken."""
    firm = load_firm_for(current_user, firm_id)
    form = DocumentsForm()
    chosen = [file for file in form.files.data or [] if getattr(file, "filename", None)]
    try:
        for file in chosen:
            documents.store_document(current_user, firm, file)
    except DomainError as error:
        db.session.rollback()
        flash(_("没有上传：%(reason)s", reason=error.message), "error")
    else:
        if chosen:
            flash(ngettext("已上传 %(num)s 份文件。", "已上传 %(num)s 份文件。", len(chosen)), "success")
        else:
            flash(_("请先选择文件。"), "error")
    return redirect(url_for("firms.profile", firm_id=firm_id, _anchor="documents"))


@blueprint.get("/documents/<int:document_id>")
@requires(Permission.SIGNED_IN)
def document(document_id: int) -> Response:
    """The file, for those who may see its firm. Pictures are shown, all else is handed over to be saved."""
    found = load_for(current_user, Document, document_id, documents.visible_documents(current_user))
    path = files.path_of(found.sha256)
    if not path.exists():
        raise NotFoundError(_("文件“%(name)s”不在服务器上了，请联系管理员。", name=found.name))
    answer = send_file(
        io.BytesIO(path.read_bytes()),  # small: an upload is
        mimetype=found.media_type,
        as_attachment=not found.media_type.startswith("image/"),
        download_name=found.name,
        etag=found.sha256,
        max_age=0,
    )
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
