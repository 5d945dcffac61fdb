"""Uploaded files of a firm: taken by what they really are, kept by their content, served only within the firm's scope."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from pathlib import PurePath

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, true
from werkzeug.datastructures import FileStorage

from crm.accounts.models import User
from crm.accounts.permissions import Role
from crm.firms.models import Document, Firm
from crm.kernel import files
from crm.kernel.db import db
from crm.kernel.errors import DomainError

_OFFICE = "application/vnd.openxmlformats-officedocument."
# Media type → the name's ending. Nothing here is run by a browser as a page.
ENDINGS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/heic": ".heic",
    f"{_OFFICE}wordprocessingml.document": ".docx",
    f"{_OFFICE}spreadsheetml.sheet": ".xlsx",
    f"{_OFFICE}presentationml.presentation": ".pptx",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
}
# For the `accept` of file fields.
ACCEPTED = ",".join(ENDINGS.values()) + ",.jpeg"
_SAME_ENDING = {".jpeg": ".jpg", ".heif": ".heic"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LONGEST_NAME = 200


def media_type_of(content: bytes) -> str | None:
    """What the bytes are, by their signature, whatever their name says; None for a type that is not taken."""
    head = content[:16]
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"heif", b"hevc", b"mif1", b"msf1"):
        return "image/heic"
    if head.startswith(b"PK\x03\x04"):
        return _package_type(content)
    if head.startswith(_OLE):
        return _compound_type(content)
    return None


def _package_type(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = set(package.namelist())
    except zipfile.BadZipFile:
        return None
    if any(name.endswith("vbaProject.bin") for name in names):
        return None  # macros
    for member, kind in (
        ("word/document.xml", "wordprocessingml.document"),
        ("xl/workbook.xml", "spreadsheetml.sheet"),
        ("ppt/presentation.xml", "presentationml.presentation"),
    ):
        if member in names:
            return _OFFICE + kind
    return None


def _compound_type(content: bytes) -> str | None:
    """Legacy Office: one container; its directory names its streams in UTF-16."""
    if "WordDocument".encode("utf-16-le") in content:
        return "application/msword"
    if "Workbook".encode("utf-16-le") in content or "Book".encode("utf-16-le") in content:
        return "application/vnd.ms-excel"
    return None


def store_document(
    actor: User, firm: Firm, file: FileStorage, *, field: str | None = None, internal: bool = False
) -> Document:
    """Keep an uploaded file of the firm; an `internal` one its own users do not see. Raises DomainError, on `field`, for an empty file or a type that is not taken."""
    name = _clean_name(file.filename)
    content = file.read()
    if not content:
        raise DomainError(_("“%(name)s”是空文件，请检查后重新选择。", name=name), field=field)
    media_type = media_type_of(content)
    if media_type is None:
        raise DomainError(
            _(
                "“%(name)s”不是可收的文件：请上传 PDF、图片（JPG、PNG、WebP、HEIC）或 Word、Excel、PPT 文件。",
                name=name,
            ),
            field=field,
        )
    document = Document(
        firm=firm,
        name=_with_ending(name, ENDINGS[media_type]),
        media_type=media_type,
        size=len(content),
        sha256=files.store(content),
        internal=internal,
        uploaded_by_id=actor.id,
    )
    db.session.add(document)
    db.session.flush()
    return document


def _clean_name(given: str | None) -> str:
    """The last part of the name without control characters; browsers and people send anything."""
    last = PurePath((given or "").replace("\\", "/")).name
    kept = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip()
    return kept[:_LONGEST_NAME] or _("未命名文件")


def _with_ending(name: str, ending: str) -> str:
    """The name with the ending of what the file really is."""
    own = PurePath(name).suffix.lower()
    if _SAME_ENDING.get(own, own) == ending:
        return name
    return name[: _LONGEST_NAME - len(ending)] + ending


def visible_documents(user: User) -> ColumnElement[bool]:
    """The condition on `Document` that this person may see it, within firms they may see."""
    return Document.internal.is_(False) if user.role is Role.FIRM else true()


def visible_document(user: User, document: Document | None) -> Document | None:
    """The document of a source, if this person may know of it: the same rule for one that is loaded."""
    return None if document is not None and document.internal and user.role is Role.FIRM else document
