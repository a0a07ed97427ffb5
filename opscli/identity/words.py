"""Word lists of the normal forms. A list is data: extend it here; a project adds its own under `guards:`."""

from __future__ import annotations

from types import MappingProxyType


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLACEHOLDER_LOCALS = _words(
    "test tester testing none noemail nomail noemailaddress notprovided notavailable unknown anonymous null undefined "
    "nobody noone na nil fake dummy placeholder asdf asdfasdf qwerty xxx xxxx abc abcd"
)
"""What people type before the @ when they have no address, without dots and dashes."""

ROLE_LOCALS = _words(
    "abuse accounting accounts admin administrator billing booking bookings buchhaltung careers compliance contact "
    "customercare customerservice donotreply einkauf enquiries enquiry feedback finance frontdesk hello help helpdesk "
    "hostmaster hr info information inquiries inquiry invoices it jobs kontakt legal mail mailerdaemon management "
    "marketing media newsletter noreply office operations orders postmaster press privacy procurement purchasing "
    "reception recruiting reservations sales secretary security service services shop staff store subscribe support "
    "team techsupport webmaster"
)
"""Mailboxes of a team, without dots and dashes (RFC 2142 and what firms add to it)."""

GMAIL_DOMAINS = _words("gmail.com googlemail.com")

TITLES = _words(
    "mr mrs ms miss mx dr prof professor sir dame lady lord rev herr frau fr mme mlle sr sra dott ing"
)  # fmt: skip

GENERATIONS = _words("jr sr ii iii iv")
"""What tells father and son apart."""

PLACEHOLDER_NAMES = _words(
    "na none null unknown test tester customer guest anonymous nobody firstname lastname xxx"
)  # fmt: skip

_SHORT_FORMS = """
abigail abby | andrew andy drew | anthony tony | barbara barb | benjamin ben benny | catherine cathy
charles charlie chuck | cynthia cindy | daniel danny | deborah debbie deb | donald don donny | dorothy dot dottie
douglas doug | edward eddie ned | elizabeth liz beth lizzie betty | eugene gene | frederick fred freddy
gregory greg | jacob jake | james jim jimmy jamie | jeffrey jeff | jennifer jenny jen | jessica jess | jonathan jon
joseph joe joey | joshua josh | judith judy | katherine kate kathy katie | kenneth ken kenny | kimberly kim
lawrence larry | leonard len lenny | margaret maggie peggy meg | matthew matt | michael mike mick mickey
nathaniel nate | nicholas nick | pamela pam | peter pete | raymond ray | rebecca becky | richard rick dick richie
robert bob bobby rob robbie | ronald ron ronnie | stephen steve | steven stevie | susan sue suzy | teresa terri tess
theodore ted teddy | thomas tom tommy | timothy tim | vincent vince | walter walt | william bill billy will willy
zachary zach zack
"""
NICKNAMES = MappingProxyType(
    {
        nickname: group.split()[0]
        for group in _SHORT_FORMS.replace("\n", " | ").split("|")
        for nickname in group.split()[1:]
    }
)
"""English short forms that stand for one name only: Chris or Pat may be a husband or a wife, and stay apart."""

COMPOUND_SURNAMES = _words(
    "欧阳 歐陽 上官 司马 司馬 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 令狐 长孙 長孫 宇文 夏侯 端木 "
    "百里 南宫 南宮 独孤 獨孤 轩辕 軒轅 司徒 司空 澹台 澹臺 闻人 聞人 赫连 赫連 申屠 太史 公冶 钟离 鍾離 濮阳 "
    "濮陽 单于 單于 呼延"
)
"""Han surnames of two signs, simplified and traditional."""

COUNTRIES = MappingProxyType(
    {
        name: code
        for code, names in {
            "US": ("usa", "united states", "united states of america", "america"),
            "GB": ("uk", "gbr", "united kingdom", "great britain", "england"),
            "DE": ("deu", "germany", "deutschland"),
            "FR": ("fra", "france"),
            "CN": ("chn", "china", "中国"),
            "CA": ("can", "canada"),
            "AU": ("aus", "australia"),
            "IN": ("ind", "india"),
            "JP": ("jpn", "japan"),
            "ES": ("esp", "spain"),
            "IT": ("ita", "italy"),
            "NL": ("nld", "netherlands"),
            "TR": ("tur", "turkey", "türkiye"),
            "IE": ("irl", "ireland"),
            "BR": ("bra", "brazil"),
            "MX": ("mex", "mexico"),
        }.items()
        for name in names
    }
)
"""Countries as people write them, beside the two-letter codes; case folded."""
