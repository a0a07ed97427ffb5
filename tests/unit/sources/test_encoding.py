# ruff: noqa: RUF001  texts of many alphabets
from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opscli.errors import DataUnusable
from opscli.sources.formats.encoding import TextFile, as_utf8
from opscli.sources.formats.mixed import Mended
from opscli.sources.formats.survey import CHUNK_BYTES

TEXTS = {
    "cp1252": [
        "id,name\n1,Zoë\n2,Müller\n",
        "nom;prénom;ville\n1;Lefèvre;Besançon\n2;Noël;Nîmes\n3;Crémieux;Orléans\n",
        "Straße;Größe\nMühlenweg 3;groß\nÄußere Weberstraße;übergroß\n",
        "nombre,ciudad\nMuñoz,Cádiz\nPeña,Logroño\n¿Cuándo?,Málaga\n",
        "nome,cidade\nJoão Conceição,São Paulo\nAntónio Guimarães,Évora\n",
        "name,price\nTea,£2.50\nCoffee,€3.10\n",
        "ordernr;by\n1;Tromsø\n2;Ålesund\n3;Næstved\n",
        "note\nhe said “no” – and left…\n",
        "a,b\n1,25 °C\n2,½ kg\n",
        "La crème brûlée créée à Besançon, déjà goûtée.\n",
        "id,note\n1,creée\n",
        "nafn\nÞórður Ægisson\nGuðrún Björnsdóttir\n",
    ],
    "cp1250": [
        "nazwisko;miasto\nWałęsa;Gdańsk\nŻółkiewski;Łódź\nŚwięcicka;Białystok\n",
        "Zażółć gęślą jaźń\n",
        "jméno;město\nDvořák;Plzeň\nNěmcová;Ústí nad Labem\nČapek;Malé Svatoňovice\n",
        "név;város\nKőrösi;Győr\nPetőfi;Kiskőrös\nSzűcs;Makó\n",
    ],
    "cp1251": [
        "имя;город\nПётр Иванов;Москва\nОльга Смирнова;Санкт-Петербург\n",
        "id,name\n1,Иван\n",
        "ім'я,місто\nОлена Шевченко,Київ\nЇжакевич,Львів\n",
    ],
    "koi8_u": ["имя;город\nПётр Иванов;Москва\nОльга Смирнова;Санкт-Петербург\n"],
    "cp1253": ["όνομα;πόλη\nΓιώργος Παπαδόπουλος;Θεσσαλονίκη\nΜαρία;Αθήνα\n"],
    "cp1254": ["ad;şehir\nÇağla Yıldız;İstanbul\nGüneş Şahin;Eskişehir\n"],
    "cp850": ["Name;Ort\nMüller;Köln\nGrößer;Düsseldorf\nJäger;Nürnberg\n"],
    "mac_roman": ["Name;Ort\nMüller;Köln\nGrößer;Düsseldorf\nJäger;Nürnberg\n", "nom\nLefèvre\nNoël\nCrémieux\n"],
    "gb18030": [
        "id,name\n1,王伟\n",
        "id,name,amount\n" + "17,Smith,12.50\n" * 500 + "18,李娜,3.00\n",
        "姓名,城市,金额\n张三,上海,12.50\n李四,北京,8.00\n欧阳锋,深圳,99.90\n",
        "订单号；备注\n20260101；请尽快发货，谢谢！\n",
        "name\n朱镕基\n陶喆\n",
        "客户;联通\n联通;联通\n",
        "备注\n" + "客户反映产品质量有问题，要求退货并全额退款。\n" * 3,
        "name\n𠮷野家（上海）餐饮有限公司\n",
    ],
    "big5": ["姓名,城市\n陳淑芬,臺北市\n林志豪,高雄市\n", "備註\n客戶反映產品品質有問題，要求退貨並全額退款。\n"],
    "cp932": [
        "氏名,住所\n佐藤　健,東京都渋谷区\nスズキ ハナコ,大阪府\n",
        "備考\nお届けは明日の午前中でお願いします。\n",
    ],
    "euc_jp": ["氏名,住所\n佐藤　健,東京都渋谷区\nスズキ ハナコ,大阪府\n"],
    "cp949": ["이름,도시\n김민수,서울\n이영희,부산\n박지훈,대전광역시\n", "비고\n배송이 늦어서 취소를 요청합니다.\n"],
}
NEWLINES = ("\n", "\r\n", "\r")
MARKED = ("utf-8-sig", "utf-16", "utf-32")
UNMARKED = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


def read(tmp_path: Path, content: bytes, encoding: str = "auto") -> tuple[TextFile, str]:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    found = as_utf8(path, encoding, tmp_path)
    return found, found.path.read_bytes().decode()


@pytest.mark.parametrize(
    ("encoding", "text"),
    [(encoding, text) for encoding, texts in TEXTS.items() for text in texts],
    ids=lambda value: value.split("\n")[0][:20],
)
def test_legacy_encodings_are_told_apart_by_how_their_words_read(tmp_path: Path, encoding: str, text: str) -> None:
    found, got = read(tmp_path, text.encode(encoding))
    assert got == text
    assert found.why


@pytest.mark.parametrize("encoding", [*MARKED, *UNMARKED])
@pytest.mark.parametrize(
    "text", ["id,name\n1,Zoë\n", "姓名,城市\n张三,上海\n", "a\n", "😀,1\n2,3\n", "имя;город\nПётр;Москва\n"]
)
def test_unicode_with_and_without_a_mark(tmp_path: Path, encoding: str, text: str) -> None:
    assert read(tmp_path, text.encode(encoding))[1] == text
    if encoding not in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        assert read(tmp_path, text.encode(encoding), "UTF8" if "8" in encoding else encoding)[1] == text


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=8), min_size=1, max_size=4
        ),
        max_size=6,
    ),
    encoding=st.sampled_from([*MARKED, "utf-8", "utf-16-le", "utf-32-be", "gb18030"]),
    newline=st.sampled_from(NEWLINES),
    last=st.booleans(),
)
def test_every_text_comes_back_from_every_encoding_and_line_end(
    tmp_path: Path, rows: list[list[str]], encoding: str, newline: str, *, last: bool
) -> None:
    lines = ["id,note", *(",".join(cells) for cells in rows)]
    text = newline.join(lines) + newline * last
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    found, got = read(tmp_path, text.encode(encoding), declared)
    assert got == text.removeprefix("\ufeff")
    assert (found.newline, found.uniform) == (newline if len(lines) > 1 or last else "\n", True)
    assert found.lines == len(lines) - (not last and not lines[-1])
    if encoding in MARKED:
        assert read(tmp_path, text.encode(encoding))[1] == got


@pytest.mark.parametrize(
    ("content", "newline", "lines", "uniform"),
    [
        (b"", "\n", 0, True),
        (b"a", "\n", 1, True),
        (b"a\r\nb\r\nc\n", "\r\n", 3, False),
        (b"a\nb\nc\r\n", "\n", 3, False),
        (b"a\rb\rc\n", "\r", 3, False),
        (b"a\n\r\n", "\n", 2, False),
        (b"a\r\nb\rc\r\n", "\r\n", 2, False),
    ],
)
def test_the_most_frequent_line_end_is_the_newline(
    tmp_path: Path, content: bytes, newline: str, lines: int, *, uniform: bool
) -> None:
    found, _ = read(tmp_path, content)
    assert (found.newline, found.lines, found.uniform) == (newline, lines, uniform)


def test_line_ends_are_counted_across_the_pieces_in_which_a_file_is_read(tmp_path: Path) -> None:
    content = (b"x" * (CHUNK_BYTES - 1) + b"\r\n") * 2 + "é".encode() + b"\r\n"
    found, _ = read(tmp_path, content)
    assert (found.newline, found.lines, found.uniform, found.encoding) == ("\r\n", 3, True, "utf-8")
    cut = b"x" * (CHUNK_BYTES - 1) + "é上\n".encode()
    assert read(tmp_path, cut)[0].path == tmp_path / "a.csv", "nothing is rewritten"


def test_lines_that_are_not_utf8_in_a_file_that_is_are_read_by_themselves_and_told(tmp_path: Path) -> None:
    content = "id,name\n1,Zoë\n2,上海\n".encode() + "3,Müller\n".encode("cp1252") + "4,Ångström\n".encode()
    found, text = read(tmp_path, content)
    assert text == "id,name\n1,Zoë\n2,上海\n3,Müller\n4,Ångström\n"
    assert found.mended_count == 1
    assert found.mended == (Mended(4, "3,M\\xfcller", "3,Müller"),)
    assert (found.encoding, found.lines) == ("utf-8", 5)


def test_words_in_utf8_stay_what_they_are_in_a_line_that_is_mixed(tmp_path: Path) -> None:
    content = "1,Zoë,".encode() + "Müller\n".encode("cp1252") + "2,Lefèvre\n".encode("cp1252") * 3
    found, text = read(tmp_path, content)
    assert text == "1,Zoë,Müller\n" + "2,Lefèvre\n" * 3
    assert [line.line_no for line in found.mended] == [1, 2, 3, 4]


def test_lines_of_another_kind_in_a_file_of_utf8_need_not_be_western(tmp_path: Path) -> None:
    lines = "".join(f"{number},上海市浦东新区\n" for number in range(50)).encode()
    content = lines + "51,客户要求退货\n52,李伟\n".encode("gb18030") + lines
    found, text = read(tmp_path, content)
    assert "51,客户要求退货\n52,李伟\n" in text
    assert [line.line_no for line in found.mended] == [51, 52]


def test_the_list_of_mended_lines_is_capped_and_their_count_is_not(tmp_path: Path) -> None:
    content = "Zoë\n".encode() + "Müller\n".encode("cp1252") * 3000
    found, _ = read(tmp_path, content)
    assert (found.mended_count, len(found.mended)) == (3000, 1000)


def test_few_words_of_gbk_that_happen_to_be_utf8_do_not_make_a_file_mixed(tmp_path: Path) -> None:
    assert "毛英".encode("gbk").decode()
    text = "姓名,城市\n毛英,上海\n李娜,苏州\n张敏,深圳\n"
    found, got = read(tmp_path, text.encode("gbk"))
    assert (found.encoding, got) == ("gb18030", text)


def test_stray_zero_bytes_do_not_make_a_file_utf16(tmp_path: Path) -> None:
    for content in (b"a,b\n1,\0\n2,3\n", b"a\0,b\0\n1,2\n", b"\0\0\0\0"):
        found, text = read(tmp_path, content)
        assert (found.encoding, text.encode(), found.has_nul) == ("utf-8", content, True)


@pytest.mark.parametrize(
    ("content", "declared", "message"),
    [
        (b"a\n\xff", "utf-8", r"a\.csv does not decode as utf-8: byte 2 \(invalid start byte\)"),
        (b"a\n\xe4\xb8", "utf-8", r"byte 2 \(unexpected end of data\)"),
        (b"x" * 10 + b"\xe9", "ascii", "does not decode as ascii: byte 10"),
        ("中文".encode("gb18030") + b"\xff\xff", "gb18030", "does not decode as gb18030: byte 4"),
        ("a".encode("utf-16") + b"\0", "utf-16", "does not decode as utf-16: byte 4"),
        (codecs.BOM_UTF8 + b"a\xff", "auto", "byte 4"),
        (codecs.BOM_UTF8 + b"a", "latin-1", "is said to be latin-1, but begins with the byte order mark of utf-8"),
        ("é".encode("utf-16"), "utf-8", "begins with the byte order mark of utf-16"),
        (b"a", "utf-9", "no encoding is called 'utf-9'"),
        (b"a", "rot13", "no encoding is called 'rot13'"),
        ("żółć".encode("cp1250"), "auto", "reads as well in"),
        (bytes(range(128, 256)) * 20, "auto", "not UTF-8|does not decode"),
    ],
)
def test_what_does_not_decode_is_refused_with_the_byte(
    tmp_path: Path, content: bytes, declared: str, message: str
) -> None:
    with pytest.raises(DataUnusable, match=message) as raised:
        read(tmp_path, content, declared)
    assert raised.value.remedy


def test_the_byte_is_counted_over_all_pieces(tmp_path: Path) -> None:
    content = b"x" * (CHUNK_BYTES - 1) + "中".encode() + b"\n" * CHUNK_BYTES + b"\xff"
    with pytest.raises(DataUnusable, match=f"byte {len(content) - 1} "):
        read(tmp_path, content, "utf-8")


def test_each_choice_says_why(tmp_path: Path) -> None:
    reasons = {
        b"a": "every byte is ASCII",
        "é".encode(): "every byte is UTF-8",
        "é".encode("utf-16"): "a byte order mark",
        "a,b\n1,2\n".encode("utf-16-le"): "every second byte of its ASCII characters is zero",
        "Müller\n".encode("cp1252"): "not UTF-8, and its words read well as cp1252",
    }
    assert {content: read(tmp_path, content)[0].why for content in reasons} == reasons
    assert read(tmp_path, b"\xe9", "latin-1")[0].why == "as the source says"
