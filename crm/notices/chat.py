"""Robots of group chats: one message format each, and its handing over.

企业微信, 群机器人配置说明 (developer.work.weixin.qq.com/document/path/91770): POST JSON to the robot's address
`https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…`; `{"msgtype": "markdown", "markdown": {"content": …}}`, content
at most 4096 bytes of UTF-8; 20 messages a minute; the answer is `{"errcode": 0, "errmsg": "ok"}`.

钉钉, 自定义机器人接入 (open.dingtalk.com/document/group/custom-robot-access): POST JSON to
`https://oapi.dingtalk.com/robot/send?access_token=…`; `{"msgtype": "markdown", "markdown": {"title": …, "text": …}}`;
with 加签 the address carries `timestamp` (milliseconds, at most an hour off) and `sign`, the Base64 of HMAC-SHA256 under
the secret of `timestamp + "\\n" + secret`; 20 messages a minute, else none for ten; the answer as above.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import ssl
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from flask import current_app
from flask_babel import gettext as _

from crm.kernel import clock
from crm.kernel.errors import DomainError
from crm.notices.models import ChannelKind
from crm.notices.outcomes import LaterError, RefusedError, UnansweredError

PATIENCE = 10  # seconds
A_MINUTE = 20  # messages a robot takes
HOSTS = {ChannelKind.WECOM: "qyapi.weixin.qq.com", ChannelKind.DINGTALK: "oapi.dingtalk.com"}
KEYS = {ChannelKind.WECOM: "key", ChannelKind.DINGTALK: "access_token"}
BUSY = {-1, 45009, 90030, 130101, 410100}  # errcodes: the system is busy; too many messages
LONGEST_ANSWER = 64 * 1024  # bytes
# What would be markup, a mention or a link in a text that a firm may have written.
_PLAIN = str.maketrans("[]()<>*_`#@\\", "［］（）＜＞＊＿｀＃＠＼")


def check_address(kind: ChannelKind, address: str) -> SplitResult:
    """The parts of a robot's address. Raises DomainError for one we do not write to.

    Whoever may enter addresses could otherwise have this server call others inside its network: only the two makers'
    hosts are called, and those the operator named in CHAT_HOSTS; by https only, or plainly on this machine.
    """
    named = current_app.config["CHAT_HOSTS"]
    # Else the library would refuse it when it is called, and say the whole address in its complaint.
    if not all("!" <= character <= "~" for character in address.strip()):
        raise DomainError(_("地址里有空格、汉字或换行，请重新复制。"), field="address")
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise DomainError(_("这不是网址，请从群机器人的设置里复制。"), field="address") from None
    place = host if port is None else f"{host}:{port}"
    if parts.username is not None or (place != HOSTS[kind] and place not in named):
        raise DomainError(
            _("只能填 %(host)s 的地址；自建的消息服务须由运维在 CHAT_HOSTS 中登记。", host=HOSTS[kind]), field="address"
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and place in named and _is_loopback(host)):
        raise DomainError(_("地址应以 https:// 开头。"), field="address")
    if KEYS[kind] not in parse_qs(parts.query):
        raise DomainError(_("地址里缺少“%(key)s=”，请完整复制。", key=KEYS[kind]), field="address")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def masked(address: str) -> str:
    """Enough to tell two addresses apart, too little to write to one."""
    return f"{urlsplit(address).hostname} … {address[-4:]}"


def body(kind: ChannelKind, title: str, text: str, url: str | None) -> dict[str, Any]:
    """The message as the maker's robot takes it."""
    plain = text.replace("://", "：//").translate(_PLAIN)
    lines = [f"**{title.translate(_PLAIN)}**", plain, *([f"[{_('打开')}]({url})"] if url else [])]
    if kind is ChannelKind.WECOM:
        return {"msgtype": "markdown", "markdown": {"content": "\n".join(lines)}}
    return {"msgtype": "markdown", "markdown": {"title": title, "text": "\n\n".join(lines)}}


def target(parts: SplitResult, kind: ChannelKind, secret: str | None) -> str:
    """What is asked of the host: path and query, signed where the 钉钉 robot has a secret."""
    query = parts.query
    if kind is ChannelKind.DINGTALK and secret:
        timestamp = str(round(clock.now().timestamp() * 1000))
        mac = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)
        query += "&" + urlencode({"timestamp": timestamp, "sign": base64.b64encode(mac.digest()).decode()})
    return f"{parts.path or '/'}?{query}"


def hand_over(kind: ChannelKind, address: str, secret: str | None, message: dict[str, Any]) -> None:
    """Give the message to the robot. Raises LaterError, RefusedError or UnansweredError where it did not take it."""
    try:
        parts = check_address(kind, address)
    except DomainError as error:
        raise RefusedError(str(error)) from error
    host, port = parts.hostname or "", parts.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=PATIENCE)
    )
    try:
        try:
            connection.connect()
        except OSError as error:
            raise LaterError(_("连不上 %(host)s：%(error)s", host=host, error=error), unreachable=True) from error
        try:
            content = json.dumps(message, ensure_ascii=False).encode()
            headers = {"Content-Type": "application/json; charset=utf-8"}
            connection.request("POST", target(parts, kind, secret), content, headers)
            answer = connection.getresponse()
            said = answer.read(LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise UnansweredError(_("消息已交出，但没有收到答复：%(error)s", error=error)) from error
    finally:
        connection.close()
    _judge(answer.status, said)


def _judge(status: int, said: bytes) -> None:
    if status == 429 or status >= 500:
        raise LaterError(_("对方暂不接收：HTTP %(status)s", status=status))
    if status != 200:  # another address is not followed
        raise RefusedError(_("对方拒收：HTTP %(status)s", status=status))
    try:
        answer = json.loads(said)
        code, words = int(answer["errcode"]), str(answer.get("errmsg", ""))[:200]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UnansweredError(_("消息已交出，但对方的答复看不懂。")) from None
    if code in BUSY:
        raise LaterError(_("对方暂不接收：%(code)s %(words)s", code=code, words=words), unreachable=True)
    if code != 0:
        raise RefusedError(_("对方拒收：%(code)s %(words)s", code=code, words=words))
