"""The words of lists and registries for the choices we keep. A cell that begins with a word means it."""

from crm.firms.ip.models import Acquired, IpKind, IpStatus
from crm.firms.models import FirmStatus, SourceChannel

FIRM_STATUS = {
    "active": FirmStatus.ACTIVE,
    **dict.fromkeys(
        ("在业", "存续", "开业", "在营", "正常", "仍注册", "登记成立", "停业", "歇业", "清算"), FirmStatus.ACTIVE
    ),
    **dict.fromkeys(("注销", "已注销", "撤销"), FirmStatus.DEREGISTERED),
    **dict.fromkeys(("吊销", "已吊销"), FirmStatus.REVOKED),
    **dict.fromkeys(("迁出", "已迁出"), FirmStatus.MOVED_OUT),
}
SOURCE_CHANNEL = {
    "孵化": SourceChannel.INCUBATION,
    "引进": SourceChannel.INTRODUCTION,
    "招商": SourceChannel.INTRODUCTION,
    "改造": SourceChannel.TRANSFORMATION,
    "派生": SourceChannel.DERIVATION,
}
# 国科发火〔2016〕32号, annex: the eight fields.
TECHNOLOGY_FIELD = {
    **{word: field for field, word in enumerate(("一", "二", "三", "四", "五", "六", "七", "八"), start=1)},
    **{str(field): field for field in range(1, 9)},
    **dict.fromkeys(("电子信息", "电子与信息"), 1),
    **dict.fromkeys(("生物与新医药", "生物医药", "生物、医药"), 2),
    "航空航天": 3,
    "新材料": 4,
    "高技术服务": 5,
    "新能源": 6,
    "资源与环境": 7,
    "先进制造": 8,
}
IP_KIND = {
    "发明": IpKind.INVENTION,
    "国防专利": IpKind.DEFENCE_INVENTION,
    "国防发明": IpKind.DEFENCE_INVENTION,
    "实用新型": IpKind.UTILITY_MODEL,
    "外观": IpKind.DESIGN,
    **dict.fromkeys(("软件", "计算机软件", "软著"), IpKind.SOFTWARE),
    **dict.fromkeys(("集成电路", "布图设计"), IpKind.IC_LAYOUT),
    "植物新品种": IpKind.PLANT_VARIETY,
    **dict.fromkeys(("国家级农作物", "国家审定", "农作物"), IpKind.CROP_VARIETY),
    **dict.fromkeys(("国家新药", "新药"), IpKind.NEW_DRUG),
    **dict.fromkeys(("国家一级中药", "中药保护"), IpKind.TCM_PROTECTED),
    **dict.fromkeys(("商标", "注册商标"), IpKind.TRADEMARK),
    **{kind.value: kind for kind in IpKind},
}
IP_STATUS = {
    **dict.fromkeys(("有效", "有权", "授权", "已授权", "专利权维持", "维持", "已登记", "登记"), IpStatus.VALID),
    **dict.fromkeys(
        (
            "审中",
            "在审",
            "审查",
            "实质审查",
            "实审",
            "公开",
            "公布",
            "受理",
            "已受理",
            "申请",
            "待审",
            "等待",
            "未授权",
        ),
        IpStatus.PENDING,
    ),
    **dict.fromkeys(
        (
            "失效",
            "无效",
            "无权",
            "终止",
            "专利权终止",
            "未缴年费",
            "驳回",
            "撤回",
            "视为撤回",
            "放弃",
            "届满",
            "期限届满",
        ),
        IpStatus.LAPSED,
    ),
    **{status.value: status for status in IpStatus},
}
ACQUIRED = {
    **dict.fromkeys(("自主", "自行", "原始", "独立", "合作研发", "申请"), Acquired.SELF),
    **dict.fromkeys(("受让", "转让", "购买", "继受"), Acquired.TRANSFER),
    **dict.fromkeys(("受赠", "赠与"), Acquired.GIFT),
    **dict.fromkeys(("并购", "合并", "兼并"), Acquired.MERGER),
    **dict.fromkeys(("许可", "独占许可", "5年以上独占"), Acquired.LICENCE),
    **{way.value: way for way in Acquired},
}
# The levels that ship, as documents of provinces, cities and counties write them.
LEVEL = {
    **dict.fromkeys(("省级", "省", "部级", "部委级", "自治区级"), "provincial"),
    **dict.fromkeys(("地市级", "市州级", "市"), "city"),
    **dict.fromkeys(("县级", "区级", "区县级", "县市区级", "园区级", "企业级"), "below"),
    **dict.fromkeys(("国家",), "national"),
}
