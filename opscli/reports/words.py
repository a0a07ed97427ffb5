"""The words of reports, in English and Chinese; one catalogue, so a missing one is found by a test."""

from __future__ import annotations

from datetime import timedelta

from opscli.metrics.periods import Period

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "advice": "What to do: {advice}",
        "as_of": "Data as of",
        "was": "{title} was {value} in {period}",
        "was_nothing": "{title} has no value for {period}",
        "change": ", {delta} against {period}",
        "range": "; over {count} periods between {low} and {high}",
        "missed": "; the target of {target} is missed",
        "met": "; the target of {target} is met",
        "by": "{title} by {dimension} in {period}: highest {top} ({value}), lowest {last} ({least})",
        "by_nothing": "{title} by {dimension} has no values for {period}",
        "funnel": "{first} entered in {period}; {last} of them reached {step}, {rate} overall",
        "versus": "vs {period}",
        "year_ago": "{delta} vs {period}",
        "target": "target {target}",
        "few": "few cases: {rows}, the number is uncertain",
        "waiting": "{waiting} of {all} still wait for an answer and are not in the median; p90 is {p90}",
        "ltv": "LTV {ltv} (profit so far), CAC {cac}, from {won} customers won in the window",
        "answers": "{rows} answers: {good} good, {middle} in between, {bad} bad",
        "health": "{total} customers scored at {time}: {parts}",
        "health_nothing": "no customer has been scored yet",
        "tags": "{total} customers have a tag of {name}: {parts}",
        "tags_nothing": "no customer has a tag of {name} yet",
        "freshness": "{count} sources; the oldest load is {source}, {age} old",
        "freshness_nothing": "nothing has been loaded yet",
        "platform": "{ok} of {count} steps of the last run succeeded; {rejects} rows were rejected so far",
        "platform_nothing": "no run has been recorded yet",
        "not_set_up": "{title} is not set up: add a source for {entities}",
        "health_title": "Customer health ({name})",
        "tags_title": "Customers by {name}",
        "freshness_title": "Data freshness",
        "platform_title": "The platform itself",
        "period": "Period",
        "value": "Value",
        "numerator": "Numerator",
        "denominator": "Denominator",
        "rows": "Rows",
        "low": "Low (95 %)",
        "high": "High (95 %)",
        "step": "Step",
        "reached": "Reached",
        "of_previous": "Of step before",
        "of_first": "Of first step",
        "band": "Band",
        "tag": "Tag",
        "customers": "Customers",
        "share": "Share",
        "source": "Source",
        "entity": "Entity",
        "loaded_at": "Loaded",
        "age": "Age",
        "read": "Rows read",
        "rejected": "Rejected",
        "run_step": "Step",
        "status": "Status",
        "seconds": "Seconds",
        "changed": "Changed",
        "table": "Table",
        "download": "CSV",
        "theme": "Light / dark",
        "owner": "Owner",
        "config": "Config",
        "environment": "Environment",
        "left_out": "Not set up",
        "at_a_glance": "At a glance",
        "in_detail": "In detail",
        "none": "(none)",
        "unknown": "unknown",
        "healthy": "healthy",
        "good": "good",
        "watch": "watch",
        "neutral": "neutral",
        "at_risk": "at risk",
        "critical": "critical",
    },
    "zh": {
        "advice": "建议：{advice}",
        "as_of": "数据截至",
        "was": "{period}{title}为 {value}",
        "was_nothing": "{period}{title}无数值",
        "change": "，较 {period} {delta}",
        "range": "；{count} 个周期内介于 {low} 与 {high} 之间",
        "missed": "；未达到目标 {target}",
        "met": "；达到目标 {target}",
        "by": "{period}{title}（按{dimension}）：最高 {top}（{value}），最低 {last}（{least}）",
        "by_nothing": "{period}{title}（按{dimension}）无数值",
        "funnel": "{period}进入 {first} 个，其中 {last} 个到达「{step}」，总转化率 {rate}",
        "versus": "较 {period}",
        "year_ago": "{delta}，较 {period}",
        "target": "目标 {target}",
        "few": "样本较少：{rows}，数值不确定",
        "waiting": "{all} 个中有 {waiting} 个尚未答复，未计入中位数；p90 为 {p90}",
        "ltv": "LTV {ltv}（迄今利润），CAC {cac}，窗口内新客户 {won} 位",
        "answers": "{rows} 份回答：好评 {good}，中评 {middle}，差评 {bad}",
        "health": "{time} 共评分 {total} 位客户：{parts}",
        "health_nothing": "尚无客户评分",
        "tags": "{total} 位客户带有「{name}」标签：{parts}",
        "tags_nothing": "尚无客户带有「{name}」标签",
        "freshness": "共 {count} 个数据源；最旧的是 {source}，距今 {age}",
        "freshness_nothing": "尚未导入任何数据",
        "platform": "最近一次运行 {count} 个步骤中 {ok} 个成功；累计拒收 {rejects} 行",
        "platform_nothing": "尚无运行记录",
        "not_set_up": "{title}未启用：请为 {entities} 添加数据源",
        "health_title": "客户健康度（{name}）",
        "tags_title": "客户分布：{name}",
        "freshness_title": "数据新鲜度",
        "platform_title": "平台自身",
        "period": "周期",
        "value": "数值",
        "numerator": "分子",
        "denominator": "分母",
        "rows": "行数",
        "low": "下限（95%）",
        "high": "上限（95%）",
        "step": "步骤",
        "reached": "到达",
        "of_previous": "占上一步",
        "of_first": "占第一步",
        "band": "等级",
        "tag": "标签",
        "customers": "客户数",
        "share": "占比",
        "source": "数据源",
        "entity": "实体",
        "loaded_at": "导入时间",
        "age": "距今",
        "read": "读取行数",
        "rejected": "拒收",
        "run_step": "步骤",
        "status": "状态",
        "seconds": "秒",
        "changed": "变更",
        "table": "数据表",
        "download": "CSV",
        "theme": "浅色 / 深色",
        "owner": "负责人",
        "config": "配置版本",
        "environment": "环境",
        "left_out": "未启用",
        "at_a_glance": "概览",
        "in_detail": "详情",
        "none": "（无）",
        "unknown": "未知",
        "healthy": "健康",
        "good": "良好",
        "watch": "关注",
        "neutral": "一般",
        "at_risk": "有风险",
        "critical": "危险",
    },
}  # fmt: skip

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905  twelve quoted words read worse


def word(key: str, locale: str, **values: object) -> str:
    """A word or sentence in a language (`zh-CN` finds `zh`; others fall back to English). Raises KeyError for no such key."""
    words = WORDS.get(locale.partition("-")[0], WORDS["en"])
    return words[key].format(**values) if values else words[key]


def named(name: str, locale: str) -> str:
    """The word for a name out of the data (a health band), or the name itself."""
    return WORDS.get(locale.partition("-")[0], WORDS["en"]).get(name, name.replace("_", " "))


def period_name(period: Period, locale: str) -> str:
    """`Dec 2017`, `Dec 31, 2017`, `2017-W52`; `2017年12月`."""
    day = period.first_day
    chinese = locale.startswith("zh")
    if period.grain == "month":
        return f"{day.year}年{day.month}月" if chinese else f"{_MONTHS[day.month - 1]} {day.year}"
    if period.grain == "day":
        return f"{day.month}月{day.day}日" if chinese else f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"
    return period.label


def axis_label(period: Period) -> str:
    """Short label of a period on an axis: `12-31` of a day, else the period's own label."""
    return f"{period.first_day:%m-%d}" if period.grain == "day" else period.label


def age(span: timedelta) -> str:
    """`3 d`, `5 h`, `12 min`: the largest unit that fits."""
    seconds = max(int(span.total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3600, "h")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds // 60} min"
