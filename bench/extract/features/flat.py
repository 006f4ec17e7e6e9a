"""Writes flat OpenDocument files, and converts them with LibreOffice."""

import base64
import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
SPACES = {
    "office": f"{OASIS}office:1.0",
    "style": f"{OASIS}style:1.0",
    "text": f"{OASIS}text:1.0",
    "table": f"{OASIS}table:1.0",
    "draw": f"{OASIS}drawing:1.0",
    "fo": f"{OASIS}xsl-fo-compatible:1.0",
    "svg": f"{OASIS}svg-compatible:1.0",
    "number": f"{OASIS}datastyle:1.0",
    "chart": f"{OASIS}chart:1.0",
    "presentation": f"{OASIS}presentation:1.0",
    "form": f"{OASIS}form:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "dc": "http://purl.org/dc/elements/1.1/",
    "of": f"{OASIS}of:1.2",
    "math": "http://www.w3.org/1998/Math/MathML",
    "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}
XMLNS = " ".join(f'xmlns:{name}="{space}"' for name, space in SPACES.items())
KINDS = {"fodt": "text", "fods": "spreadsheet", "fodp": "presentation"}
PAGE = """<style:page-layout style:name="page"><style:page-layout-properties fo:page-width="21cm"
fo:page-height="29.7cm" fo:margin="2cm"/><style:header-style/><style:footer-style/></style:page-layout>"""
# Comma as separator, UTF-8, cells as displayed, quotes only where needed.
CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true"
# An inline frame.
INLINE = 'text:anchor-type="as-char"'
SECONDS = 300


def document(
    kind: str, body: str, *, styles: str = "", automatic: str = "", master: str = ""
) -> str:
    """A flat file of a kind: fodt, fods or fodp."""
    media = f"application/vnd.oasis.opendocument.{KINDS[kind]}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {XMLNS} office:version="1.3" '
        f'office:mimetype="{media}"><office:styles>{styles}</office:styles>'
        f"<office:automatic-styles>{PAGE}{automatic}</office:automatic-styles>"
        '<office:master-styles><style:master-page style:name="Standard" '
        f'style:page-layout-name="page">{master}</style:master-page></office:master-styles>'
        f"<office:body><office:{KINDS[kind]}>{body}</office:{KINDS[kind]}></office:body>"
        "</office:document>"
    )


def png() -> bytes:
    """A small picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    rows = zlib.compress((b"\0" + b"\x30\x60\x90" * 8) * 8)
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def frame(content: str, more: str = "", *, at: int = 1) -> str:
    """A frame around an object, `at` centimetres from the top."""
    return (
        f'<draw:frame svg:x="1cm" svg:y="{at}cm" svg:width="9cm" svg:height="3cm" {more}>'
        f"{content}</draw:frame>"
    )


def picture(alt: str = "") -> str:
    """The content of a frame with a picture."""
    data = base64.b64encode(png()).decode()
    described = f"<svg:desc>{escape(alt)}</svg:desc>" if alt else ""
    image = f"<draw:image><office:binary-data>{data}</office:binary-data></draw:image>"
    return image + described


def chart(title: str, series: str, categories: list[str], values: list[int]) -> str:
    """The content of a frame with a chart that includes its values."""
    rows = "".join(
        f'<table:table-row><table:table-cell office:value-type="string"><text:p>{category}</text:p>'
        f'</table:table-cell><table:table-cell office:value-type="float" office:value="{value}">'
        f"<text:p>{value}</text:p></table:table-cell></table:table-row>"
        for category, value in zip(categories, values, strict=True)
    )
    last = len(values) + 1
    return (
        f'<draw:object><office:document {XMLNS} office:version="1.3" '
        f'office:mimetype="application/vnd.oasis.opendocument.chart"><office:body><office:chart>'
        f'<chart:chart chart:class="chart:bar" svg:width="8cm" svg:height="6cm"><chart:title>'
        f"<text:p>{title}</text:p></chart:title><chart:plot-area><chart:axis "
        f'chart:dimension="x" chart:name="x"><chart:categories table:cell-range-address='
        f'"local-table.A2:.A{last}"/></chart:axis><chart:axis chart:dimension="y" chart:name="y"/>'
        f'<chart:series chart:values-cell-range-address="local-table.B2:.B{last}" '
        f'chart:label-cell-address="local-table.B1" chart:class="chart:bar"/></chart:plot-area>'
        '<table:table table:name="local-table"><table:table-header-columns><table:table-column/>'
        "</table:table-header-columns><table:table-columns><table:table-column/>"
        "</table:table-columns><table:table-header-rows><table:table-row><table:table-cell/>"
        f'<table:table-cell office:value-type="string"><text:p>{series}</text:p></table:table-cell>'
        f"</table:table-row></table:table-header-rows><table:table-rows>{rows}</table:table-rows>"
        "</table:table></chart:chart></office:chart></office:body></office:document></draw:object>"
    )


def has_formula(path: Path) -> bool:
    """Whether a text document contains a formula, which LibreOffice drops if its Math is missing."""
    with zipfile.ZipFile(path) as archive:
        objects = [name for name in archive.namelist() if name.endswith("/content.xml")]
        return any(b"MathML" in archive.read(name) for name in objects)


def convert(files: Iterable[Path], target: str, folder: Path, profile: Path) -> str:
    """Converts files with LibreOffice in one call. Returns its first error."""
    program = shutil.which("soffice")
    sources = [str(file) for file in files]
    if not program or not sources:
        return ""
    command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless"]
    command += [
        "--convert-to",
        CSV if target == "csv" else target,
        "--outdir",
        str(folder),
        *sources,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    return next((line for line in lines if line.startswith("Error")), "")
