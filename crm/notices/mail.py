"""A mail: its text in the reader's language, and its handing over to the server (RFC 5321)."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from itertools import groupby

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from config import Mail
from crm.kernel import clock
from crm.notices.models import NoticeKind
from crm.notices.outcomes import LaterError, RefusedError, UnansweredError
from crm.notices.words import KINDS, sentence
from crm.web.formatting import day

PATIENCE = 20  # seconds for each step of the talk with the server
MOST_TOLD = 50  # notices in one mail; the page has them all
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class Told:
    """One notice as it stands in a mail."""

    kind: NoticeKind
    sentence: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is written to whom. `notices` of a digest, or the one; of an invitation none, but `link`."""

    delivery_id: int
    name: str
    to: str
    language: str
    notices: Sequence[tuple[NoticeKind, dict, str]] = ()
    more: int = 0
    link: str | None = None
    digest: bool = False


def compose(letter: Letter, mail: Mail) -> EmailMessage:
    """The mail in its reader's language, as plain text and as simple HTML."""
    site = current_app.config["PUBLIC_URL"]
    with force_locale(letter.language):
        told = sorted(
            (Told(kind, sentence(kind, values), site + path) for kind, values, path in letter.notices),
            key=lambda each: list(KINDS).index(each.kind),
        )
        groups = [(str(KINDS[kind]), list(of_kind)) for kind, of_kind in groupby(told, key=lambda each: each.kind)]
        more = _("还有 %(n)s 条，请登录查看。", n=letter.more) if letter.more else None
        settings = f"{site}/notices/settings"
        opening = _opening(letter)
        closing = _("本邮件由 Tidu 梯度自动发出，请勿回复。")
        message = EmailMessage(policy=SMTP)
        message["Subject"] = _subject(letter, told)
        message["To"] = Address(" ".join(letter.name.split()), addr_spec=letter.to)
        lines = [_("%(name)s，您好：", name=letter.name), "", opening, ""]
        for title, of_kind in groups:
            lines += [f"【{title}】", *(f"· {each.sentence}\n  {each.url}" for each in of_kind), ""]
        lines += [letter.link or "", *([more, ""] if more else []), "--", closing, *_how_to_stop(letter, settings)]
        message.set_content("\n".join(lines) + "\n", cte="base64")
        page = current_app.jinja_env.get_template("notices/mail.html")
        html = page.render(
            letter=letter, groups=groups, more=more, settings=settings, opening=opening, closing=closing, site=site
        )
        message.add_alternative(html, subtype="html", cte="base64")
        _sign(message, letter, mail, settings)  # last: setting the content forgets what is said of it
    return message


def _how_to_stop(letter: Letter, settings: str) -> list[str]:
    return [] if letter.link else [_("更改提醒方式：%(url)s", url=settings)]


def _subject(letter: Letter, told: Sequence[Told]) -> str:
    if letter.link:
        return _("设置您的 Tidu 梯度密码")
    if letter.digest:
        today = day(clock.today())
        return _("%(day)s 的提醒汇总：%(n)s 条", day=today, n=len(told) + letter.more)
    return told[0].sentence


def _opening(letter: Letter) -> str:
    if letter.link:
        return _("您的 Tidu 梯度账号是 %(email)s。请在 7 天之内打开下面的链接，设置密码后登录。", email=letter.to)
    if letter.digest:
        return _("上次汇总以来，您有这些提醒还没有看：")
    return _("您有一条提醒：")


def _sign(message: EmailMessage, letter: Letter, mail: Mail, settings: str) -> None:
    """Who sends it, and what other programs are to know. The Message-ID is the delivery's own: a copy is known as one."""
    name, address = parseaddr(mail.sender)
    message["From"] = Address(name or "Tidu 梯度", addr_spec=address)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<delivery-{letter.delivery_id}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message["Content-Language"] = "en" if letter.language == "en" else "zh-CN"
    if not letter.link:
        message["List-Unsubscribe"] = f"<{settings}>"


def hand_over(message: EmailMessage, to: str, mail: Mail) -> None:
    """Give the mail to the server. Raises LaterError, RefusedError or UnansweredError where it did not take it."""
    sender = parseaddr(mail.sender)[1]
    try:
        server = _connected(mail)
    except (OSError, ValueError) as error:  # ValueError: a name or password it cannot be told
        raise LaterError(_("连不上发信服务器：%(error)s", error=_words(error)), unreachable=True) from error
    try:
        try:
            code, answer = server.mail(sender)
            if code >= 400:  # it is we who are not wanted, not this mail: nothing else would be taken either
                said = _said(code, answer)
                raise LaterError(_("发信服务器不接受我们的发件地址：%(answer)s", answer=said), unreachable=True)
            _judge(*server.rcpt(to))
            _judge(*server.docmd("DATA"))
        except (OSError, smtplib.SMTPException) as error:
            raise LaterError(_words(error)) from error
        try:
            server.send(_DOT.sub(b"..", message.as_bytes()).rstrip(b"\r\n") + b"\r\n.\r\n")
            code, answer = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise UnansweredError(_("邮件已交出，但服务器没有答复：%(error)s", error=_words(error))) from error
        _judge(code, answer)
        with suppress(OSError, smtplib.SMTPException):
            server.docmd("QUIT")
    finally:
        server.close()


def _connected(mail: Mail) -> smtplib.SMTP:
    if mail.tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            mail.host, mail.port, timeout=PATIENCE, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=PATIENCE)
    try:
        if mail.tls == "starttls":
            server.starttls(context=ssl.create_default_context())
        if mail.user is not None:
            server.login(mail.user, mail.password or "")
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _judge(code: int, answer: bytes) -> None:
    """RFC 5321 §4.2.1: 2xx and 3xx go on, 4xx may go another time, 5xx never."""
    if code in range(200, 400):
        return
    if code >= 500:
        raise RefusedError(_("发信服务器拒收：%(answer)s", answer=_said(code, answer)))
    raise LaterError(_("发信服务器暂不接收：%(answer)s", answer=_said(code, answer)))


def _said(code: int, answer: bytes) -> str:
    return f"{code} {answer.decode(errors='replace')}"


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return _said(error.smtp_code, said if isinstance(said, bytes) else str(said).encode())
    return str(error) or type(error).__name__
