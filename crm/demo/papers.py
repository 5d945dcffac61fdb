"""Small real files, made in code: a page of PDF and a picture in PNG."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from random import Random

from werkzeug.datastructures import FileStorage

WIDTH, HEIGHT = 480, 320


def paper(name: str, *lines: str) -> FileStorage:
    """A PDF of one page, as a form would send it. Its font is the reader's own Song type."""
    text = "\n".join(
        f"BT /F1 {18 if number == 0 else 12} Tf 72 {760 - 28 * number} Td <{line.encode('utf-16-be').hex()}> Tj ET"
        for number, line in enumerate((name.removesuffix(".pdf"), "演示文件，内容纯属虚构", *lines))
    )
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>>>/Contents 7 0 R>>",
        "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[5 0 R]>>",
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/FontDescriptor 6 0 R"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>",
        "<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0"
        "/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
        f"<</Length {len(text)}>>stream\n{text}\nendstream",
    ]
    file = io.BytesIO()
    file.write(b"%PDF-1.4\n")
    starts = []
    for number, content in enumerate(objects, start=1):
        starts.append(file.tell())
        file.write(f"{number} 0 obj{content}endobj\n".encode())
    end = file.tell()
    entries = "".join(f"{start:010} 00000 n \n" for start in starts)
    file.write(f"xref\n0 {len(starts) + 1}\n0000000000 65535 f \n{entries}".encode())
    file.write(f"trailer<</Size {len(starts) + 1}/Root 1 0 R>>\nstartxref\n{end}\n%%EOF\n".encode())
    file.seek(0)
    return FileStorage(file, filename=name)


def picture(name: str, number: int) -> FileStorage:
    """A PNG of a workshop's skyline, one of a few."""
    return FileStorage(io.BytesIO(_skyline(number % 3)), filename=name)


@cache
def _skyline(number: int) -> bytes:
    random = Random(number)  # noqa: S311  a drawing
    ground = HEIGHT * 3 // 4
    sky = ((150, 190, 225), (235, 205, 170), (180, 200, 205))[number]
    roofs: list[int] = []
    while len(roofs) < WIDTH:
        roofs += [ground - random.randint(20, 150)] * random.randint(40, 90)
    rows = b"".join(
        b"\x00" + b"".join(bytes(_colour(x, y, roofs[x], ground, sky)) for x in range(WIDTH)) for y in range(HEIGHT)
    )
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _colour(x: int, y: int, roof: int, ground: int, sky: tuple[int, int, int]) -> tuple[int, int, int]:
    if y >= ground:
        return (110, 118, 110)
    if y < roof:
        red, green, blue = sky
        return (red, green, min(255, blue + (ground - y) // 10))
    window = x % 24 in range(6, 16) and (y - roof) % 30 in range(8, 20)
    return (245, 226, 160) if window else (96 + roof // 6, 92, 104)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
