"""The columns that each kind of import knows, with the headers that people and registries give them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.exchange import converters as to
from crm.exchange.column import CREDIT_CODE_HEADERS, NAME_HEADERS, Column
from crm.exchange.models import ImportKind, Kind
from crm.exchange.register_columns import columns_of_register, needed_of_register
from crm.exchange.words import ACQUIRED, FIRM_STATUS, IP_KIND, IP_STATUS, SOURCE_CHANNEL, TECHNOLOGY_FIELD
from crm.firms.rules import LONGEST_BUSINESS_SCOPE
from crm.kernel.identifiers.checked import Text

_STOCK_CODE = ("证券代码", "股票代码", "A股代码", "公司代码", "Stock code")
_SHORT_NAME = ("企业简称", "证券简称", "A股简称", "股票简称", "公司简称", "简称", "Short name")

_FIRMS = (
    Column("name", _l("企业名称"), NAME_HEADERS, to.name_of_firm, needed=True),
    Column("credit_code", _l("统一社会信用代码"), CREDIT_CODE_HEADERS, to.credit_code),
    Column("registration_number", _l("注册号"), ("注册号", "工商注册号", "营业执照注册号"), to.text(15)),
    Column("former_names", _l("曾用名"), ("曾用名", "历史名称", "原名称", "Former names"), to.names_of_firms),
    Column("short_name", _l("企业简称"), _SHORT_NAME, to.text(60)),
    Column("english_name", _l("英文名"), ("英文名", "英文名称", "English name"), to.text(200)),
    Column("stock_code", _l("证券代码"), _STOCK_CODE, to.stock_code),
    Column(
        "status",
        _l("经营状态"),
        ("经营状态", "登记状态", "企业状态", "经营状况", "存续状态", "Status"),
        to.one_of(FIRM_STATUS),
    ),
    Column(
        "registered_on",
        _l("成立日期"),
        (
            "成立日期",
            "注册成立日期",
            "注册日期",
            "成立时间",
            "注册时间",
            "登记日期",
            "设立日期",
            "开业日期",
            "Registered on",
        ),
        to.day,
        past=True,
    ),
    Column("operating_term", _l("营业期限"), ("营业期限", "经营期限"), to.text(60)),
    Column(
        "registered_capital",
        _l("注册资本"),
        ("注册资本", "注册资金", "认缴资本", "Registered capital"),
        to.capital,
        money=True,
    ),
    Column(
        "address",
        _l("地址"),
        ("企业地址", "注册地址", "住所", "地址", "注册地", "公司地址", "通讯地址", "经营地址", "Address"),
        to.text(300),
    ),
    Column(
        "business_scope",
        _l("经营范围"),
        ("经营范围", "主营业务", "主要业务", "Business scope"),
        to.text(LONGEST_BUSINESS_SCOPE),
    ),
    Column(
        "industry",
        _l("行业"),
        (
            "所属行业",
            "行业",
            "行业代码",
            "国民经济行业",
            "国民经济行业代码",
            "行业名称",
            "行业分类",
            "行业门类",
            "Industry",
        ),
        to.text(120),
    ),
    Column("province", _l("省"), ("省份", "省", "所属省份", "Province"), to.text(60)),
    Column("city", _l("市"), ("城市", "市", "地市", "所属城市", "市州", "City"), to.text(60)),
    Column(
        "division",
        _l("县区"),
        (
            "行政区划",
            "区划代码",
            "行政区划代码",
            "县区",
            "区县",
            "县市区",
            "所属区县",
            "所属县区",
            "所在区县",
            "County",
        ),
        to.text(60),
    ),
    Column("park", _l("园区"), ("园区", "所属园区", "所在园区", "产业园", "管理单位", "Park"), to.text(120)),
    Column("chain", _l("产业链"), ("产业链", "所属产业链", "本地产业链", "Chain"), to.text(60)),
    Column(
        "tech_field",
        _l("技术领域"),
        ("技术领域", "高新技术领域", "所属技术领域", "国家重点支持的高新技术领域", "Technology field"),
        to.one_of(TECHNOLOGY_FIELD),
    ),
    Column("source_channel", _l("入库渠道"), ("入库渠道", "来源渠道", "来源", "Source"), to.one_of(SOURCE_CHANNEL)),
    Column("officer", _l("服务专员"), ("服务专员", "专员", "联络员", "责任人", "负责人员", "Officer"), to.text(80)),
    Column(
        "telephone",
        _l("电话"),
        ("电话", "联系电话", "企业电话", "公司电话", "固定电话", "办公电话", "Telephone", "Phone"),
        to.text(60),
    ),
    Column("website", _l("网址"), ("网址", "公司网址", "网站", "官网", "企业网址", "Website"), to.text(200)),
    Column("legal_representative", _l("法定代表人"), ("法定代表人", "法人代表", "法人", "企业负责人"), to.text(60)),
    Column("contact_name", _l("联系人"), ("联系人", "企业联系人", "联系人姓名", "Contact"), to.text(60)),
    Column("contact_position", _l("联系人职务"), ("联系人职务", "职务", "Position"), to.text(60)),
    Column(
        "contact_telephone", _l("联系人电话"), ("联系人电话", "手机", "联系人手机", "手机号码", "Mobile"), to.text(60)
    ),
    Column("contact_email", _l("邮箱"), ("邮箱", "电子邮箱", "联系邮箱", "E-mail", "Email"), to.text(200)),
)


def _money(key: str, title: Text, *headers: str, negative: bool = False) -> Column:
    def convert(raw: str, **unit: Any) -> Any:
        return to.money(raw, negative=negative, **unit)

    return Column(key, title, headers, convert, money=True)


_FIGURES = (
    Column("credit_code", _l("统一社会信用代码"), CREDIT_CODE_HEADERS, to.credit_code),
    Column("stock_code", _l("证券代码"), _STOCK_CODE, to.stock_code),
    Column("name", _l("企业名称"), NAME_HEADERS, to.name_of_firm),
    Column("short_name", _l("企业简称"), _SHORT_NAME, to.text(60)),
    Column(
        "year", _l("年份"), ("年份", "年度", "会计年度", "报告期", "数据年度", "Year"), to.year, needed=True, past=True
    ),
    _money("revenue", _l("营业收入"), "营业收入", "销售收入", "营业总收入", "营业额", "营收", "Revenue"),
    _money("main_revenue", _l("主营业务收入"), "主营业务收入", "主营收入"),
    _money(
        "ht_revenue",
        _l("高新技术产品收入"),
        "高新技术产品（服务）收入",
        "高新技术产品收入",
        "高新技术产品和服务收入",
        "高新收入",
    ),
    _money("total_income", _l("总收入"), "总收入", "企业总收入", "同期总收入"),
    _money("cost_expense", _l("成本费用"), "成本费用支出总额", "成本费用总额", "成本费用"),
    _money(
        "rd",
        _l("研发费用"),
        "研发费用",
        "研究开发费用",
        "研发投入",
        "研发经费",
        "研发费用总额",
        "研发支出",
        "研究开发费用总额",
        "研发经费支出",
        "R&D",
        "R&D expenses",
    ),
    _money(
        "rd_domestic", _l("境内研发费用"), "境内研发费用", "中国境内研发费用", "在中国境内研发费用", "境内研发费用总额"
    ),
    Column(
        "employees",
        _l("职工人数"),
        (
            "职工人数",
            "职工总数",
            "员工人数",
            "从业人员",
            "从业人数",
            "职工数",
            "员工总数",
            "从业人员期末人数",
            "Employees",
        ),
        to.count,
    ),
    Column(
        "st_staff",
        _l("科技人员"),
        ("科技人员", "科技人员数", "科技人员总数", "从事研发和相关技术创新活动的科技人员"),
        to.count,
        loose=("技术人员", "技术人员数"),
        note=_l("“技术人员”（按岗位）按“科技人员”（全年从事科技活动 183 天以上）记入，两者口径不同，请核对"),
    ),
    Column("college_staff", _l("大专以上科技人员"), ("大专以上科技人员", "大专以上科技人员数"), to.count),
    Column("rd_staff", _l("研发人员"), ("研发人员", "研发人员数", "研发人数", "研究开发人员", "R&D staff"), to.count),
    Column("masters_staff", _l("硕士以上"), ("硕士以上人数", "硕士以上", "硕士及以上", "硕士人数"), to.count),
    Column("doctors_staff", _l("博士以上"), ("博士以上人数", "博士以上", "博士人数", "博士"), to.count),
    _money("total_assets", _l("资产总额"), "资产总额", "总资产", "资产总计", "期末总资产", "Total assets"),
    _money(
        "net_assets", _l("净资产"), "净资产", "所有者权益", "期末净资产", "所有者权益合计", "Net assets", negative=True
    ),
    _money("liabilities", _l("负债总额"), "负债总额", "总负债", "负债合计", "Liabilities"),
    _money("net_profit", _l("净利润"), "净利润", "税后利润", "净利", "Net profit", negative=True),
    _money(
        "operating_cash_flow",
        _l("经营现金流"),
        "经营活动产生的现金流量净额",
        "经营活动现金流量净额",
        "经营现金流",
        "经营性现金流",
        negative=True,
    ),
    Column("roe", _l("加权平均净资产收益率"), ("加权平均净资产收益率", "净资产收益率", "ROE"), to.rate),
    Column("transfers", _l("成果转化"), ("科技成果转化", "成果转化项数", "科技成果转化数", "成果转化"), to.count),
    Column("quality_score", _l("质量评价分"), ("质量评价分", "平台质量评价分"), to.number),
)

_IP = (
    Column("title", _l("名称"), (
        "知识产权名称", "专利名称", "名称", "发明名称", "软件名称", "软件全称", "标题", "作品名称", "Title",
    ), to.text(300), needed=True),
    Column("number", _l("编号"), (
        "申请号", "专利号", "授权号", "专利申请号", "申请（专利）号", "申请号/专利号", "专利号/登记号", "登记号", "证书号",
        "知识产权编号", "编号", "注册号", "Number",
    ), to.text(60), needed=True),
    Column("kind", _l("类型"), (
        "类型", "专利类型", "知识产权类型", "类别", "知识产权类别", "专利种类", "种类", "Kind", "Type",
    ), to.one_of(IP_KIND)),
    Column("credit_code", _l("统一社会信用代码"), CREDIT_CODE_HEADERS, to.credit_code),
    Column("owners", _l("权利人"), (
        "权利人", "申请人", "专利权人", "申请（专利权）人", "著作权人", "当前权利人", "第一申请人", *NAME_HEADERS[:5], "Applicant", "Owner",
    ), to.names_of_firms),
    Column("main_class", _l("主分类号"), ("主分类号", "IPC主分类号", "IPC分类号", "IPC", "分类号"), to.text(30)),
    Column("filed_on", _l("申请日"), ("申请日", "申请日期", "申请时间", "Filed on"), to.day, past=True),
    Column("granted_on", _l("授权日"), (
        "授权日", "授权公告日", "授权日期", "登记日期", "公告日", "发证日期", "获得日期", "授权时间", "Granted on",
    ), to.day, past=True),
    Column("status", _l("法律状态"), ("法律状态", "状态", "当前法律状态", "专利状态", "Status"), to.one_of(IP_STATUS)),
    Column("acquired", _l("获得方式"), ("获得方式", "取得方式", "来源", "Acquired"), to.one_of(ACQUIRED)),
    Column("acquired_on", _l("获得日期"), ("取得日期", "转让日期", "变更日期"), to.day, past=True),
    Column("owner_rank", _l("权利人排名"), ("权利人排名", "排名", "排序"), to.count),
    Column("core_product", _l("用于主导产品"), ("用于主导产品", "主导产品", "是否用于主导产品", "核心技术"), to.yes_no),
    Column("in_use", _l("应用中"), ("是否应用", "应用中", "是否使用"), to.yes_no),
    Column("high_value", _l("高价值专利"), ("高价值专利", "是否高价值", "高价值发明"), to.yes_no),
    Column("spent_on_hte", _l("已用于高企认定"), ("已用于高企认定", "是否已用于高企认定"), to.yes_no),
)  # fmt: skip

_TIES = (
    Column("register", _l("登记册"), ("登记册", "资源类别", "资源类型", "Register"), to.text(40)),
    Column("resource", _l("资源名称"), (
        "资源名称", "载体名称", "入驻载体", "孵化器名称", "孵化器", "众创空间", "众创空间名称", "服务人员", "特派员", "科技特派员", "首席科技官",
        "专家", "专家姓名", "活动名称", "联盟名称", "Resource",
    ), to.text(200), needed=True),
    Column("holder", _l("资源所属单位"), ("资源所属单位", "所属单位", "所在单位", "派出单位", "运营单位", "运营机构"), to.text(200)),
    Column("credit_code", _l("统一社会信用代码"), CREDIT_CODE_HEADERS, to.credit_code),
    Column("firm", _l("企业名称"), (*NAME_HEADERS, "企业", "入驻企业", "在孵企业", "服务企业", "对口企业", "参加企业"), to.name_of_firm),
    Column("role", _l("角色"), ("角色", "身份", "Role"), to.text(80)),
    Column("since", _l("开始日期"), (
        "开始日期", "入驻日期", "入驻时间", "入孵日期", "入孵时间", "服务开始", "起始日期", "加入日期", "参加日期", "Since",
    ), to.day),
    Column("until", _l("结束日期"), (
        "结束日期", "退出日期", "退出时间", "毕业日期", "毕业时间", "服务结束", "终止日期", "Until",
    ), to.day),
    Column("outcome", _l("结果"), ("结果", "成效", "去向", "Outcome"), to.text(80)),
    Column("note", _l("备注"), ("备注", "说明", "Note"), to.text(1000)),
)  # fmt: skip

_COLUMNS: dict[ImportKind, tuple[Column, ...]] = {
    ImportKind.FIRMS: _FIRMS,
    ImportKind.FIGURES: _FIGURES,
    ImportKind.IP: _IP,
    ImportKind.TIES: _TIES,
}
_NEEDED: dict[ImportKind, tuple[tuple[str, ...], ...]] = {
    ImportKind.FIRMS: (("name",),),
    ImportKind.FIGURES: (("credit_code", "stock_code", "name", "short_name"), ("year",)),
    ImportKind.IP: (("number",), ("title",), ("credit_code", "owners")),
    ImportKind.TIES: (("resource",), ("credit_code", "firm")),
}


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """The columns that an import of this kind knows."""
    return _COLUMNS[kind] if isinstance(kind, ImportKind) else columns_of_register(kind)


def needed_of(kind: Kind) -> tuple[tuple[str, ...], ...]:
    """Groups of keys: of each at least one column must be there, or no row could be placed."""
    return _NEEDED[kind] if isinstance(kind, ImportKind) else needed_of_register(kind)


_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_UNIT_TAIL = re.compile(r"[_/,:]?(?:人民币)?(?:百万|千|万|亿)?元$|[_/,:]?%$")


def normal_header(header: str) -> str:
    """A header for matching: half-width, no spaces or line breaks, no marks of obligation, lower case."""
    return "".join(unicodedata.normalize("NFKC", header).split()).strip("*:★●.、").casefold()


def bare_header(header: str) -> str:
    """The same without a remark in brackets and without its unit."""
    return _UNIT_TAIL.sub("", _BRACKETS.sub("", normal_header(header))).strip("*:★●.、")


def column_named(kind: Kind, header: str) -> Column | None:
    """The column that this header means, if it is one of the usual ones."""
    known = _known(kind)
    return known.get(normal_header(header)) or known.get(bare_header(header))


_YEAR_HEADER = re.compile(r"((?:19|20)\d\d)(?:年度?|年末|年底|年12月31日|[aA])?")


def year_of_header(header: str) -> int | None:
    """The year that a header is (“2025年度”), and nothing else."""
    found = _YEAR_HEADER.fullmatch(_BRACKETS.sub("", normal_header(header)))
    return int(found[1]) if found else None


@cache
def column(kind: Kind, key: str) -> Column:
    """The column with this key; raises `KeyError`."""
    return {column.key: column for column in columns_of(kind)}[key]


@cache
def _known(kind: Kind) -> dict[str, Column]:
    known: dict[str, Column] = {}
    for each in columns_of(kind):
        for header in (*each.headers, *each.loose):
            known.setdefault(normal_header(header), each)
    return known
