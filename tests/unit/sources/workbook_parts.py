"""Workbooks put together by hand, for what no library writes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm:ss"/></numFmts>'
    '<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="10"/></cellXfs></styleSheet>'
)
"""Style 1 is a date, 2 a date with time, 3 a percentage."""


def xlsx(
    rows: str,
    *,
    strings: tuple[str, ...] = (),
    sheet: str = "",
    hidden: Mapping[str, str] | None = None,
    date1904: bool = False,
    more: Mapping[str, bytes | str] | None = None,
) -> bytes:
    """A workbook with one sheet `Orders` of these rows, behind the `hidden` ones; `sheet` is its whole XML instead."""
    sheets = {**(hidden or {}), "Orders": rows}
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="b" Type="{_RELATIONS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_RELATIONS}">'
        + ('<workbookPr date1904="1"/>' if date1904 else "")
        + "<sheets>"
        + "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="r{n}" state="{"hidden" if name in (hidden or {}) else "visible"}"/>'
            for n, name in enumerate(sheets, start=1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        + f'<Relationship Id="s" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
        + f'<Relationship Id="t" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }
    if strings:
        items = "".join(f"<si>{text}</si>" for text in strings)
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{items}</sst>'
    for n, body in enumerate(sheets.values(), start=1):
        parts[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'
    if sheet:
        parts[f"xl/worksheets/sheet{len(sheets)}.xml"] = sheet
    return zipped({**parts, **(more or {})})


def ods(rows: str, name: str = "Orders") -> bytes:
    """An OpenDocument with one table of these rows."""
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text")
    )
    content = (
        f'<office:document-content {spaces} xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:'
        f'calcext:1.0"><office:body><office:spreadsheet><table:table table:name="{name}">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
        }
    )


def ods_row(*texts: str) -> str:
    """One row of texts."""
    return f"<table:table-row>{''.join(map(ods_text, texts))}</table:table-row>"


def ods_text(text: str, repeated: int = 1) -> str:
    """One cell, or many alike."""
    kind = ' office:value-type="string"' if text else ""
    return (
        f'<table:table-cell table:number-columns-repeated="{repeated}"{kind}><text:p>{text}</text:p></table:table-cell>'
    )


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    """A zip file of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def row(number: int, *values: str | float) -> str:
    """One row of inline texts and numbers, without a place where `number` is 0."""
    cells = []
    for column, value in zip("ABCDEFGHIJ", values, strict=False):
        place = f' r="{column}{number}"' if number else ""
        cells.append(
            f'<c{place} t="inlineStr"><is><t>{value}</t></is></c>'
            if isinstance(value, str)
            else f"<c{place}><v>{value}</v></c>"
        )
    return f"<row{f' r={chr(34)}{number}{chr(34)}' if number else ''}>{''.join(cells)}</row>"
