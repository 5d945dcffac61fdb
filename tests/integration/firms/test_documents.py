"""Documents: judged by content, kept with the firm, served only within its scope."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from crm.firms.documents.service import media_type_of
from crm.firms.models import Document

PDF = b"%PDF-1.7\n%made up\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


def workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet()
    return out.getvalue()


def package(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


def upload(client, firm, *files: tuple[bytes, str]):
    return client.post(
        f"/firms/{firm.id}/documents",
        data={"files": [(io.BytesIO(content), name) for content, name in files]},
        follow_redirects=True,
    )


def test_uploaded_files_are_listed_and_downloaded_as_what_they_are(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    page = upload(client, park.firm, (PDF, "2025 年审计报告.pdf"), (PNG, "厂房.txt")).text
    assert "已上传 2 份文件" in page
    assert "2025 年审计报告.pdf" in page
    assert "厂房.txt.png" in page  # its real type, whatever its name says
    report, photo = session.query(Document).order_by(Document.id)
    answer = client.get(f"/documents/{report.id}")
    assert answer.data == PDF
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]
    shown = client.get(f"/documents/{photo.id}")
    assert shown.mimetype == "image/png"
    assert shown.headers["Content-Disposition"].startswith("inline")


def test_only_those_who_see_the_firm_get_its_files(session, park, sign_in) -> None:
    upload(sign_in(park.officer), park.firm, (PDF, "报告.pdf"))
    document = session.query(Document).one()
    for user in (park.firm_user, park.manager, park.administrator):
        assert sign_in(user).get(f"/documents/{document.id}").status_code == 200
    for user in (park.other_officer, park.other_firm_user):
        assert sign_in(user).get(f"/documents/{document.id}").status_code == 404
    assert "/sign-in" in sign_in(None).get(f"/documents/{document.id}").location


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "空.pdf", "空文件"),
        (b"<html><script>alert(1)</script>", "网页.pdf", "不是可收的文件"),
        (b"MZ\x90\0", "程序.pdf", "不是可收的文件"),
        (package("a.txt"), "压缩包.docx", "不是可收的文件"),
        (package("xl/workbook.xml", "xl/vbaProject.bin"), "带宏.xlsx", "不是可收的文件"),
    ],
)
def test_what_is_not_taken_is_told_and_none_is_kept(session, park, sign_in, content, name, told) -> None:
    page = upload(sign_in(park.officer), park.firm, (PDF, "好的.pdf"), (content, name)).text
    assert told in page
    assert name in page
    assert session.query(Document).count() == 0


def test_too_large_a_file_is_told(app, park, sign_in, monkeypatch) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
    answer = upload(sign_in(park.officer), park.firm, (PDF + b"0" * 2000, "大.pdf"))
    assert answer.status_code == 413
    assert "文件太大" in answer.text


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (workbook(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (
            package("[Content_Types].xml", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (workbook()[:200], None),  # cut off
        (b"RIFF\x24\0\0\0AVI LIST", None),
    ],
)
def test_types_are_read_from_the_content(content: bytes, media_type: str | None) -> None:
    assert media_type_of(content) == media_type


def test_names_lose_their_paths(session, park, sign_in) -> None:
    upload(sign_in(park.officer), park.firm, (PDF, "../../报告.PDF"))
    assert session.query(Document).one().name == "报告.PDF"
