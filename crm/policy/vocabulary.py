"""Every fact a criterion may read: its name, its title in both languages, its unit and its shape.

Editions, the facts document and the pages share this one list. Amounts are in 万元, ratios are fractions, dates ISO.
"""

from dataclasses import dataclass
from enum import StrEnum

from crm.policy.text import Text


class Shape(StrEnum):
    """What a value looks like in the facts document."""

    AMOUNT = "amount"  # 万元, not below zero
    SIGNED = "signed"  # 万元, may be below zero
    COUNT = "count"  # people, things: not below zero (staff are monthly averages, so decimals are allowed)
    RANK = "rank"  # a whole number from 1
    RATIO = "ratio"  # 0 to 1
    RATE = "rate"  # a fraction of either sign
    SCORE = "score"  # points, not below zero
    FIELD = "field"  # 1 to 8
    FLAG = "flag"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Key:
    """One fact key."""

    name: str
    title: Text
    shape: Shape
    unit: str
    values: tuple[str, ...] = ()  # the words a text may be; empty: any


RUNGS = {
    "tech_sme": Text("科技型中小企业", "Technology-based SME"),
    "hte": Text("高新技术企业", "High-tech enterprise"),
    "innovative_sme": Text("创新型中小企业", "Innovative SME"),
    "srdi": Text("专精特新中小企业", "Specialised and innovative SME"),
    "little_giant": Text("专精特新“小巨人”企业", "Little giant"),
    "listed_neeq": Text("新三板", "NEEQ"),
    "listed_bse": Text("北交所", "Beijing Stock Exchange"),
    "listed_chinext": Text("创业板", "ChiNext"),
    "listed_star": Text("科创板", "STAR Market"),
    "listed_main": Text("主板", "Main board"),
}


def _keys(*rows: tuple[str, str, str, str, str]) -> dict[str, Key]:
    return {name: Key(name, Text(zh, en), Shape(shape), unit) for name, zh, en, shape, unit in rows}


PROFILE = _keys(
    ("registered_on", "注册成立日", "Registered on", "date", ""),
    ("resident_cn", "居民企业", "Resident enterprise", "flag", ""),
    ("tech_field", "高新技术领域", "High-tech field", "field", ""),
    ("industry", "国民经济行业代码", "Industry (GB/T 4754)", "text", ""),
    ("banned_products", "产品服务属禁止、限制、淘汰类", "Prohibited, restricted or eliminated products", "flag", ""),
    ("abnormal_list", "列入经营异常名录", "On the abnormal operation list", "flag", ""),
    ("dishonest_list", "列入严重失信名单", "On the serious dishonesty list", "flag", ""),
    ("state_controlled", "国有控股企业", "State-controlled firm", "flag", ""),
    ("niche_years", "从事特定细分市场年限", "Years in the niche market", "count", "年"),
    ("market_share", "主导产品细分市场占有率", "Share of the niche market", "ratio", "比例"),
    ("domestic_rank", "主导产品国内排名", "Domestic rank", "rank", "名"),
    ("market_leading", "细分市场占有率较靠前", "Among the leaders of its niche", "flag", ""),
    ("key_chain_link", "处于产业链关键环节", "Key link of an industrial chain", "flag", ""),
    ("six_bases", "属于工业六基或制造强国重点领域", "One of the six industrial bases", "flag", ""),
    ("own_brand", "拥有自主品牌", "Own brand", "flag", ""),
    ("information_system", "核心业务采用信息系统", "Information system for a core activity", "flag", ""),
    ("management_certified", "通过管理体系或产品认证", "Certified management system or product", "flag", ""),
    ("strategic_industry", "属于战略性新兴产业", "Strategic emerging industry", "flag", ""),
    ("digital_level", "数字化水平等级", "Digital maturity level", "rank", "级"),
    ("quality_award", "获省级以上质量奖", "Provincial or higher quality award", "flag", ""),
    ("market_value", "预计市值", "Expected market value", "amount", "万元"),
    ("share_capital", "股本总额（挂牌或发行后）", "Share capital after listing", "amount", "万元"),
    ("public_float", "公开发行股份比例", "Share of publicly offered stock", "ratio", "比例"),
    ("public_shares", "公开发行股份数", "Shares offered to the public", "count", "万股"),
    ("offer_holders", "公开发行对象人数", "Investors in the offer", "count", "人"),
    ("shareholders", "股东人数", "Shareholders", "count", "人"),
    ("market_makers", "做市商家数", "Market makers", "count", "家"),
    ("market_maker_placement", "挂牌同时向做市商定向发行", "Placement to market makers at listing", "flag", ""),
    ("bidding_volume", "集合竞价成交量", "Volume traded by call auction", "count", "万股"),
    ("governance_sound", "公司治理合规", "Sound governance", "flag", ""),
    ("weighted_voting", "有表决权差异安排", "Weighted voting rights", "flag", ""),
    (
        "innovation_layer_since",
        "连续挂牌进入创新层起始日",
        "Continuously quoted in the innovation layer since",
        "date",
        "",
    ),
    ("audit_unqualified", "近三年审计与内控无保留意见", "Unqualified audit and internal control opinions", "flag", ""),
    ("management_stable", "主营业务与董监高在规定年限内稳定", "Business and management stable as required", "flag", ""),
    ("controller_stable", "实际控制人在规定年限内未变", "Controller unchanged as required", "flag", ""),
    ("red_chip", "境外上市红筹企业", "Red-chip company listed abroad", "flag", ""),
    (
        "unprofitable_industry",
        "属于允许未盈利企业的行业范围",
        "Industry in which unprofitable firms may list",
        "flag",
        "",
    ),
    ("stage_results", "市场空间大且取得阶段性成果", "Large market and stage results", "flag", ""),
    (
        "upgrade_industry",
        "属制造业升级、现代服务或数字经济",
        "Manufacturing upgrade, modern service or digital economy",
        "flag",
        "",
    ),
    (
        "internationally_leading",
        "核心技术经国家认定国际领先",
        "Core technology recognised as internationally leading",
        "flag",
        "",
    ),
    ("state_award_contributor", "国家三大科技奖主要参与", "Main contributor to a state science award", "flag", ""),
    ("state_project_lead", "牵头国家重大科技专项", "Leads a national science project", "flag", ""),
    ("import_substitution", "关键产品实现进口替代", "Key product replaces imports", "flag", ""),
    ("exclusive_licence", "拥有五年以上独占许可的核心知识产权", "Exclusive licence of five years or more", "flag", ""),
)

FIGURES = _keys(
    ("revenue", "营业收入", "Revenue", "amount", "万元"),
    ("main_revenue", "主营业务收入", "Main business revenue", "amount", "万元"),
    ("ht_revenue", "高新技术产品（服务）收入", "High-tech product revenue", "amount", "万元"),
    ("total_income", "总收入", "Total income", "amount", "万元"),
    ("cost_expense", "成本费用总额", "Costs and expenses", "amount", "万元"),
    ("rd", "研发费用", "R&D expense", "amount", "万元"),
    ("rd_domestic", "境内研发费用", "Domestic R&D expense", "amount", "万元"),
    ("employees", "职工总数", "Employees", "count", "人"),
    ("st_staff", "科技人员", "S&T staff", "count", "人"),
    ("rd_staff", "研发人员", "R&D staff", "count", "人"),
    ("college_staff", "大专以上科技人员", "S&T staff with college degree", "count", "人"),
    ("total_assets", "资产总额", "Total assets", "amount", "万元"),
    ("net_assets", "净资产", "Net assets", "signed", "万元"),
    ("liabilities", "负债总额", "Liabilities", "amount", "万元"),
    ("net_profit", "净利润", "Net profit", "signed", "万元"),
    ("operating_cash_flow", "经营活动现金流量净额", "Operating cash flow", "signed", "万元"),
    ("transfers", "科技成果转化项数", "Results turned into products", "count", "项"),
    ("quality_score", "平台质量评价分", "Platform quality score", "score", "分"),
    ("roe", "加权平均净资产收益率", "Weighted return on equity", "rate", "比例"),
)

EXPERT = _keys(
    ("ip_advancement", "技术先进程度", "Technical advancement", "score", "分"),
    ("ip_core_support", "对主要产品的核心支持作用", "Support of the main products", "score", "分"),
    ("ip_quantity", "知识产权数量", "Quantity of IP", "score", "分"),
    ("ip_acquisition", "知识产权获得方式", "How IP was acquired", "score", "分"),
    ("ip_standards", "参与标准制定", "Part in standards", "score", "分"),
    ("transfer", "科技成果转化能力", "Turning results into products", "score", "分"),
    ("mgmt_system", "研发组织管理制度", "R&D management rules", "score", "分"),
    ("mgmt_institution", "研发机构与产学研合作", "R&D institution and cooperation", "score", "分"),
    ("mgmt_incentive", "成果转化激励与创新平台", "Incentives and open platform", "score", "分"),
    ("mgmt_talent", "人才培养与绩效评价", "Training and evaluation", "score", "分"),
    ("growth_net_assets", "净资产增长率", "Growth of net assets", "score", "分"),
    ("growth_sales", "销售收入增长率", "Growth of sales", "score", "分"),
    ("local_points", "省级特色指标得分", "Points for provincial indicators", "score", "分"),
    ("growth_total_assets", "总资产增长率", "Growth of total assets", "score", "分"),
)

CHOICES = {"tech_sme_rd_route": ("sales", "cost")}

IP_KINDS = (
    "invention",
    "defence_invention",
    "plant_variety",
    "crop_variety",
    "new_drug",
    "tcm_protected",
    "ic_layout",
    "utility_model",
    "design",
    "software",
)


def _list(*rows: tuple[str, str] | tuple[str, str, tuple[str, ...]]) -> dict[str, Key]:
    return {
        row[0]: Key(row[0], Text(row[0], row[0]), Shape(row[1]), "", row[2] if len(row) > 2 else ()) for row in rows
    }


# What a record says that is none of the words criteria name: it counts where no word is asked for, and nowhere else.
ANOTHER = "another"

LISTS = {
    "ip": _list(
        ("kind", "text", IP_KINDS),
        ("number", "text"),
        ("filed_on", "date"),
        ("granted_on", "date"),
        ("status", "text", ("valid", "pending", "lapsed")),
        ("acquired", "text", ("self", "transfer", "gift", "merger", "licence")),
        ("acquired_on", "date"),
        ("owner_rank", "rank"),
        ("core_product", "flag"),
        ("in_use", "flag"),
        ("high_value", "flag"),
        ("spent_on_hte", "flag"),
        ("name", "text"),
    ),
    "equity": _list(("on", "date"), ("amount", "amount"), ("qualified", "flag")),
    "awards": _list(("level", "text", ("national", "provincial")), ("on", "date"), ("rank", "rank"), ("name", "text")),
    "rd_institutions": _list(
        ("level", "text", ("national", "provincial", "city", "below", ANOTHER)),
        ("on", "date"),
        ("valid_to", "date"),
        ("name", "text"),
    ),
    "standards": _list(
        ("level", "text", ("international", "national", "industry")), ("on", "date"), ("rank", "rank"), ("name", "text")
    ),
    "honours": _list(("name", "text"), ("on", "date"), ("valid_to", "date")),
    "credentials": _list(
        ("rung", "text", tuple(RUNGS)), ("from", "date"), ("to", "date"), ("number", "text"), ("revoked_on", "date")
    ),
    "incidents": _list(
        ("kind", "text", ("safety", "quality", "environment", "data", "integrity")),
        ("severity", "text", ("major", "larger", "ordinary")),
        ("on", "date"),
    ),
    # Inside which carriers it is or was. Kinds and levels are the words of the place (terms), so any is allowed.
    "carriers": _list(("kind", "text"), ("level", "text"), ("from", "date"), ("to", "date"), ("name", "text")),
}

# Under this key a facts document names the lists of which all entries count, but nobody knows whether there are others.
UNCONFIRMED = "unconfirmed"

LIST_TITLES = {
    "ip": Text("知识产权", "Intellectual property"),
    "equity": Text("股权融资", "Equity rounds"),
    "awards": Text("科技奖励", "Science awards"),
    "rd_institutions": Text("研发机构", "R&D institutions"),
    "standards": Text("标准", "Standards"),
    "honours": Text("荣誉", "Honours"),
    "credentials": Text("资质", "Credentials"),
    "incidents": Text("事故与违法", "Incidents"),
    "carriers": Text("入驻载体", "Carriers it is inside"),
}

ATTRIBUTE_TITLES = {
    "kind": Text("类型", "kind"),
    "number": Text("编号", "number"),
    "filed_on": Text("申请日", "filed on"),
    "granted_on": Text("授权日", "granted on"),
    "status": Text("法律状态", "status"),
    "acquired": Text("取得方式", "acquired"),
    "acquired_on": Text("取得日", "acquired on"),
    "owner_rank": Text("权利人排序", "owner rank"),
    "core_product": Text("与主导产品相关", "supports the main product"),
    "in_use": Text("已应用并有效益", "in use"),
    "high_value": Text("高价值", "high value"),
    "spent_on_hte": Text("已用于高企认定", "spent on HTE"),
    "name": Text("名称", "name"),
    "on": Text("日期", "date"),
    "amount": Text("金额", "amount"),
    "qualified": Text("合格机构实缴", "paid in by a qualified investor"),
    "level": Text("级别", "level"),
    "rank": Text("排名", "rank"),
    "valid_to": Text("有效期至", "valid to"),
    "rung": Text("资质", "rung"),
    "from": Text("有效期自", "valid from"),
    "to": Text("有效期至", "valid to"),
    "severity": Text("严重程度", "severity"),
    "revoked_on": Text("撤销日", "revoked on"),
}

VALUE_TITLES = {  # the words of list facts; rungs have theirs above
    "invention": Text("发明专利", "invention"),
    "defence_invention": Text("国防专利", "defence invention"),
    "plant_variety": Text("植物新品种", "plant variety"),
    "crop_variety": Text("国家级农作物品种", "national crop variety"),
    "new_drug": Text("国家新药", "new drug"),
    "tcm_protected": Text("国家一级中药保护品种", "protected traditional medicine"),
    "ic_layout": Text("集成电路布图设计", "IC layout design"),
    "utility_model": Text("实用新型", "utility model"),
    "design": Text("外观设计", "design"),
    "software": Text("软件著作权", "software copyright"),
    "valid": Text("有效", "valid"),
    "pending": Text("申请中", "pending"),
    "lapsed": Text("失效", "lapsed"),
    "self": Text("自主取得", "own"),
    "transfer": Text("受让", "transfer"),
    "gift": Text("受赠", "gift"),
    "merger": Text("并购", "merger"),
    "licence": Text("独占许可", "licence"),
    "international": Text("国际级", "international"),
    "national": Text("国家级", "national"),
    "provincial": Text("省部级", "provincial"),
    "city": Text("市级", "city"),
    "below": Text("市级以下", "below city level"),
    ANOTHER: Text("其他级别", "another level"),
    "industry": Text("行业级", "industry"),
    "safety": Text("安全", "safety"),
    "quality": Text("质量", "quality"),
    "environment": Text("环境", "environment"),
    "data": Text("数据", "data"),
    "integrity": Text("诚信", "integrity"),
    "major": Text("重大", "major"),
    "larger": Text("较大", "larger"),
    "ordinary": Text("一般", "ordinary"),
    "technology_innovation_demo": Text("国家技术创新示范企业", "national technology innovation demonstration firm"),
    "ip_advantage": Text("国家知识产权优势企业", "national IP advantage firm"),
    "ip_demo": Text("国家知识产权示范企业", "national IP demonstration firm"),
    "chuangke_top500": Text("“创客中国”全国 500 强", "“Maker in China” national top 500"),
    "chuangke_top50": Text("“创客中国”全国 50 强", "“Maker in China” national top 50"),
    "champion": Text("单项冠军", "single-product champion"),
    "innovative_pilot": Text("省级创新型（试点）企业", "provincial innovative (pilot) firm"),
    "provincial_tech_firm": Text("省科技型企业", "provincial technology firm"),
    "makerspace": Text("众创空间", "makerspace"),
    "star_space": Text("星创天地", "rural makerspace"),
    "nursery": Text("创业苗圃", "nursery"),
    "incubator": Text("科技企业孵化器", "incubator"),
    "offshore": Text("离岸孵化器", "offshore incubator"),
    "accelerator": Text("加速器", "accelerator"),
    "park": Text("产业园", "industrial park"),
}


def title_of(path: str) -> Text:
    """What a fact path means, for a person: `years.2025.rd` → 2025 年研发费用; `ip[2].status` → 知识产权第 3 项法律状态."""
    head, _, rest = path.partition(".")
    if head == "years":
        year, _, name = rest.partition(".")
        figure = FIGURES[name].title if name in FIGURES else Text(name, name)
        return Text(f"{year} 年{figure.zh}", f"{figure.en} {year}")
    if head == "expert":
        return Text(f"专家评分：{EXPERT[rest].title.zh}", f"Expert points: {EXPERT[rest].title.en}")
    if head in PROFILE:
        return PROFILE[head].title
    name, _, index = head.partition("[")
    if name not in LIST_TITLES:
        return Text(path, path)
    if not index:
        return LIST_TITLES[name]
    position, attribute = int(index.rstrip("]")) + 1, ATTRIBUTE_TITLES.get(rest, Text(rest, rest))
    return Text(
        f"{LIST_TITLES[name].zh}第 {position} 项的{attribute.zh}",
        f"{LIST_TITLES[name].en}, item {position}: {attribute.en}",
    )
