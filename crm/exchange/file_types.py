"""What an uploaded file really is, by its content and never by its name, and whether it is safe to unpack."""

from __future__ import annotations

import io
import re
import string
import zipfile
import zlib
from typing import Literal

from flask_babel import lazy_gettext as _l

from crm.kernel.errors import DomainError

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED = 512 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 256
MAX_CELLS = 5_000_000

FileType = Literal["csv", "xlsx", "xls"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"RIFF", "WebP"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"{\\rtf", "RTF"),
    (b"SQLite format 3", "SQLite"),
)
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|table|head|meta|\?xml|style|script)", re.IGNORECASE)
# A cell with a value, wherever the sheet claims it to be: the reader lays a sheet out in full, so that one cell in the
# last corner of an empty sheet would take hundreds of gigabytes and end the process. Cells may also come without a
# reference; they stand where they are written. Patterns begin with plain letters, which makes them three times faster.
_REFERENCE = re.compile(rb"r=[\"']([A-Za-z]{1,3}\d{1,7})[\"'](?:[^>]*[^/>])?>")
_SPACED = re.compile(rb"r\s+=|r=\s")
_SPACED_REFERENCE = re.compile(rb"r\s*=\s*[\"']([A-Za-z]{1,3}\d{1,7})[\"'](?:[^>]*[^/>])?>")
_BARE_CELLS = re.compile(rb"<c(?:\s(?![^>]*r\s*=)[^>]*)?>"), re.compile(rb":c(?:\s(?![^>]*r\s*=)[^>]*)?>")
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?r\s*=\s*[\"'](\d{1,9})[\"']")
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_CELL_END = re.compile(rb"</(?:\w+:)?c>")
_LETTERS = string.ascii_letters.encode()
_CHUNK = 1 << 20
_OVERLAP = 256


class UnreadableFile(DomainError):
    """The file cannot be read as a table at all. The message says what it is, and what to do."""


def file_type(content: bytes) -> FileType:
    """The type of a table file; raises `UnreadableFile` for anything else, too large, or unsafe to unpack."""
    if not content.strip():
        raise UnreadableFile(_l("文件是空的：请检查后重新上传"))
    if len(content) > MAX_BYTES:
        raise UnreadableFile(
            _l(
                "文件有 %(size)s MB，超过上限 %(limit)s MB：请拆成几个文件分别上传",
                size=-(-len(content) // 2**20),
                limit=MAX_BYTES // 2**20,
            )
        )
    if content.startswith(_OLE):
        _check_compound(content)
        return "xls"
    if content.startswith(b"PK"):
        _check_package(content)
        return "xlsx"
    for magic, name in _OTHERS:
        if content.startswith(magic):
            raise UnreadableFile(
                _l("这其实是 %(name)s 文件，不是表格：请上传 Excel（.xlsx、.xls）或 CSV 文件", name=name)
            )
    if _MARKUP.match(content[:512]):
        raise UnreadableFile(_l("这其实是网页格式的文件：请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传"))
    return "csv"


def check_extent(rows: int, columns: int) -> None:
    """Raise `UnreadableFile` for a sheet that is too large."""
    if rows > MAX_ROWS:
        raise UnreadableFile(
            _l("表格有 %(rows)s 行，超过上限 %(limit)s 行：请拆成几个文件分别上传", rows=rows, limit=MAX_ROWS)
        )
    if columns > MAX_COLUMNS:
        raise UnreadableFile(
            _l(
                "表格有 %(columns)s 列，超过上限 %(limit)s 列：请删去右侧多余的列后再上传",
                columns=columns,
                limit=MAX_COLUMNS,
            )
        )
    if rows * columns > MAX_CELLS:
        raise UnreadableFile(
            _l(
                "表格有 %(cells)s 个单元格，超过上限 %(limit)s 个：请删去用不到的列，或拆成几个文件",
                cells=rows * columns,
                limit=MAX_CELLS,
            )
        )


def damaged() -> UnreadableFile:
    """The error for a workbook that does not open."""
    return UnreadableFile(_l("工作簿不完整或已损坏（可能没有传完）：请在 Excel 里打开确认，另存一份后重新上传"))


def protected() -> UnreadableFile:
    """The error for a workbook that needs a password."""
    return UnreadableFile(_l("工作簿设了打开密码：请在 Excel 里取消密码（文件 → 信息 → 保护工作簿），保存后再上传"))


def _check_compound(content: bytes) -> None:
    """Legacy Office files and encrypted new ones share one container; its directory names its streams in UTF-16."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise protected()
    if "WordDocument".encode("utf-16-le") in content or "PowerPoint Document".encode("utf-16-le") in content:
        raise UnreadableFile(_l("这是 Word 或 PowerPoint 文件，不是表格：请把表格复制到 Excel 里，保存后再上传"))


def _check_package(content: bytes) -> None:
    """Whether a zip is a whole, unencrypted workbook that unpacks to a bearable size."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            names = {member.filename for member in members}
            if "xl/workbook.xml" not in names:
                raise _not_a_workbook(names)
            if any(member.flag_bits & 1 for member in members):
                raise protected()
            unpacked = rows = columns = 0
            for member in members:
                with package.open(member) as stream:
                    tail = b""
                    while chunk := stream.read(_CHUNK):
                        unpacked += len(chunk)
                        if unpacked > MAX_UNPACKED:
                            raise UnreadableFile(
                                _l(
                                    "工作簿解开后超过 %(limit)s MB，不像正常的表格：请删去多余的内容后另存一份再上传",
                                    limit=MAX_UNPACKED // 2**20,
                                )
                            )
                        if member.filename.endswith(".xml"):
                            window = tail + chunk
                            rows, columns = _extent(window, rows, columns)
                            tail = window[-_OVERLAP:]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise damaged() from error
    check_extent(rows, columns)


def _extent(window: bytes, rows: int, columns: int) -> tuple[int, int]:
    """The last row and column that hold a value in this piece of XML, or the given ones if those lie further out."""
    found = (_SPACED_REFERENCE if _SPACED.search(window) else _REFERENCE).findall(window)
    rows = max(rows, *map(int, {reference.lstrip(_LETTERS) for reference in found}), 0)
    for letters in {reference.rstrip(b"0123456789") for reference in found}:
        column = 0
        for letter in letters.upper():
            column = column * 26 + letter - 64
        columns = max(columns, column)
    if any(bare.search(window) for bare in _BARE_CELLS):
        pieces = _ROW_END.split(window)
        rows = max(rows + len(pieces) - 1, *map(int, _ROW.findall(window)), 0)
        columns = max(columns, *(len(_CELL_END.findall(piece)) for piece in pieces))
    return rows, columns


def _not_a_workbook(names: set[str]) -> UnreadableFile:
    if any(name.startswith(("word/", "ppt/")) for name in names):
        return UnreadableFile(_l("这是 Word 或 PowerPoint 文件，不是表格：请把表格复制到 Excel 里，保存后再上传"))
    if "content.xml" in names or "xl/workbook.bin" in names:
        return UnreadableFile(_l("这种工作簿格式读不了：请在 Excel 或 WPS 里另存为 .xlsx 后再上传"))
    return UnreadableFile(_l("这是一个压缩包，不是表格：请先解压，再上传里面的 Excel 或 CSV 文件"))
