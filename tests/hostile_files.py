"""Files that nobody honest sends: what each is made of, in a few lines, from a sound sealed contract."""

import io
import struct
import zipfile
import zlib

from negotiation.services.signing_on_paper import LARGEST


def pdfs(sealed: bytes, printed: bytes, foreign: bytes) -> dict[str, bytes]:
    """PDFs that aren't the sealed file. `printed`: the same before its seal; `foreign`: another signed contract."""
    loop = b"\nxref\n0 0\ntrailer<</Size 9999/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    at = len(sealed) + 1
    return {
        "empty header": b"%PDF-1.7\n",
        "header then noise": b"%PDF-1.7\n" + bytes(range(256)) * 200,
        "xref that turns in a circle": sealed + loop % (at, at),
        "xref before the beginning": sealed + loop % (-7, 10**12),
        "brackets nested a hundred thousand deep": b"%PDF-1.7\n1 0 obj" + b"[" * 100_000,
        "dictionaries nested behind the seal": sealed + b"\n1 0 obj" + b"<</A" * 50_000 + b"\n%%EOF\n",
        "script added": _updated(sealed, b"<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"),
        "program launched": _updated(sealed, b"<</Type/Catalog/OpenAction<</S/Launch/F(cmd.exe)>>>>"),
        "file embedded": _updated(sealed, b"<</Type/Catalog/Names<</EmbeddedFiles<</Names[(a)<</F(a.exe)>>]>>>>>>"),
        "stream that unfolds beyond what is read": b"%PDF-1.7\n1 0 obj<<>>stream\n" + _bomb() + b"\nendstream\n%%EOF\n",
        "a hundred thousand ends": b"%PDF-1.7\n" + b"%%EOF\n" * 100_000,
        "cut in its middle": sealed[: len(sealed) // 2],
        "cut in its last byte": sealed[:-2],
        "bytes after its end": sealed + b"\x00" * 40,
        "web page after its end": sealed + b"<html><script>alert(1)</script></html>",
        "archive after its end": sealed + a_zip({"a.txt": b"a"}),
        "noise before its beginning": b"\n" + sealed,
        "one bit turned": sealed[:3000] + bytes([sealed[3000] ^ 1]) + sealed[3001:],
        "the text before its seal": printed + b"\n",
        "somebody else’s contract": foreign,
    }


def scans(pdf: bytes) -> dict[str, bytes]:
    """What isn't the picture or the PDF that it says."""
    return {
        "nothing": b"",
        "web page": b"<!DOCTYPE html><script>alert(1)</script>",
        "drawing with a script": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "program": b"MZ" + bytes(200),
        "archive": a_zip({"../../etc/cron.d/x": b"x"}),
        "moving picture": b"GIF89a" + b"/*" + bytes(60),
        "PDF behind a web page": b"<html>" + pdf[:2000],
        "picture behind a byte": b"\x00\x89PNG\r\n\x1a\n",
        "more than twenty megabytes": b"%PDF-" + bytes(LARGEST),
    }


def archives(sound: bytes) -> dict[str, bytes]:
    """What isn't an archive of proof, or no longer is."""
    return {
        "no file in it": a_zip({}),
        "a bomb in it": a_zip({"manifeste.json": b"0" * 220_000_000}),
        "twenty thousand files in it": a_zip({f"{number}": b"" for number in range(20_000)}),
        "names that climb": a_zip({"../../../etc/passwd": b"x", "/absolu": b"x", "C:\\x": b"x"}),
        "nested a thousand times": a_zip({"manifeste.json": b"[" * 100_000}),
        "an entity in it": a_zip(
            {"manifeste.json": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'}
        ),
        "cut in its middle": sound[: len(sound) // 2],
        "bytes in its middle": sound[:400] + b"xxxx" + sound[404:],
        "one file more": _with_more(sound, "intrus.html", b"<script>alert(1)</script>"),
        "the same name twice": _with_more(sound, "manifeste.json", b"{}"),
    }


def a_picture(width: int, height: int) -> bytes:
    """The beginning of a PNG that says these dimensions, and holds no pixel."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def a_zip(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return held.getvalue()


def _with_more(sound: bytes, name: str, data: bytes) -> bytes:
    held = io.BytesIO(sound)
    with zipfile.ZipFile(held, "a") as packed:
        packed.writestr(name, data)
    return held.getvalue()


def _updated(sealed: bytes, catalog: bytes) -> bytes:
    """An update that puts another catalog in the place of the sealed one."""
    body = b"\n900 0 obj\n%b\nendobj\n" % catalog
    table = b"xref\n900 1\n%010d 00000 n \ntrailer<</Size 901/Root 900 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    previous = int(sealed.rpartition(b"startxref\n")[2].split(b"\n")[0])
    return sealed + body + table % (len(sealed) + 1, previous, len(sealed) + len(body))


def _bomb() -> bytes:
    packer = zlib.compressobj(1)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(100)) + packer.flush()
