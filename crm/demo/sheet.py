"""A spreadsheet that an officer once imported: firms to bring up to date, a new one, and a row with a wrong code."""

from __future__ import annotations

import csv
import io
from random import Random

from crm.demo.diary import Diary
from crm.demo.numbers import credit_code
from crm.demo.story import Story
from crm.exchange import engine, service, work
from crm.exchange.models import ImportKind

FILE = "规上企业名录.csv"
NEW_FIRM = "墨池文具有限公司"
HEADER = ("企业名称", "统一社会信用代码", "成立日期", "联系电话", "注册资本（万元）")


def write_import(diary: Diary, stories: list[Story], random: Random) -> None:
    """Write down the import of a sheet about the firms of one officer, half a year ago."""
    officer, park = stories[0].officer, stories[0].cast.park

    def import_sheet() -> None:
        rows: list[tuple[object, ...]] = [
            (s.here.name, s.here.credit_code, s.here.registered_on, s.here.telephone, "") for s in stories[:4]
        ]
        rows += [(s.here.name, s.here.credit_code, "", f"0000-5558{s.number:03}", "") for s in stories[4:7]]
        rows.append((park.name[:2] + NEW_FIRM, credit_code(random), "2019-05-16", "0000-5559001", "300"))
        wrong = credit_code(random)
        rows.append((park.name[:2] + "石桥建材有限公司", wrong[:8] + wrong[9] + wrong[8] + wrong[10:], "", "", ""))
        text = io.StringIO()
        csv.writer(text).writerows([HEADER, *rows])
        content = text.getvalue().encode("utf-8-sig")
        converted = engine.convert(
            engine.open_file(content, ImportKind.FIRMS, engine.Settled()), lambda _done, _all: None
        )
        run = service.begin(
            actor=officer,
            kind=ImportKind.FIRMS,
            file_name=FILE,
            content=content,
            organisation=park,
            total=len(converted),
        )
        work.save_rows(run, converted, officer)

    diary.write(diary.ago(160), officer, import_sheet, hour=9)
