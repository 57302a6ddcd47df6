"""Files that nobody honest sends: what each is made of, in a few lines, from a sound sealed contract."""

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Mapping

from negotiation import verifier
from negotiation.documents.docx_package import LARGEST_FILE, FileFault
from negotiation.documents.scans import LARGEST
from tests.word_corpus.make import ONE, clause, docx, p, parts_of, r


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
        "a PDF that holds nothing": b"%PDF-1.7 scan",
        "a web page that says it is a PDF": b"%PDF-<script>alert(1)</script>",
        "a PDF that runs a script": _updated(pdf, b"<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"),
        "a picture that holds nothing": b"\xff\xd8\xffnope",
        "a picture larger than a wall": a_picture(1_000_000, 1_000_000),
    }


def words() -> dict[str, tuple[bytes, FileFault]]:
    """What isn't a document that anybody wrote, beside those of `tests/word_corpus`."""
    plain = docx(p(r("Bonjour")))
    parts = parts_of(plain)
    text = parts["word/document.xml"]
    entity = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    mail = '<Default Extension="eml" ContentType="message/rfc822"/>'
    return {
        "nothing": (b"", FileFault.NOT_A_DOCUMENT),
        "a web page": (b"<!DOCTYPE html><script>alert(1)</script>", FileFault.NOT_A_DOCUMENT),
        "a zip of something else": (a_zip({"a.txt": b"a"}), FileFault.NOT_A_DOCUMENT),
        "a book": (a_zip({"mimetype": b"application/epub+zip"}), FileFault.OTHER_KIND),
        "sixty thousand parts": (a_directory(60_000), FileFault.TOO_MANY_PARTS),
        "a part twice": (_with_more(plain, "word/document.xml", text), FileFault.DAMAGED),
        "a link": (_with_more(plain, _link("word/lien.xml"), b"/etc/passwd"), FileFault.DAMAGED),
        "an absolute name": (_with_more(plain, "/etc/cron.d/x", b"x"), FileFault.OUTSIDE_NAME),
        "a part longer than it says": (_lying(plain, b"word/document.xml"), FileFault.DAMAGED),
        "a picture that unfolds": (a_zip({**parts, "word/media/a.png": bytes(20_000_000)}), FileFault.BOMB),
        "nested a hundred thousand deep": (
            _packed_again(parts, b"<w:a>" * 100_000, at=b"<w:body>"),
            FileFault.DAMAGED,
        ),
        "an entity in another encoding": (
            a_zip({**parts, "word/styles.xml": (entity + "<a>&a;</a>").encode("utf-16")}),
            FileFault.ENTITIES,
        ),
        "a mail in it": (docx(p(r("Bonjour")), types=mail), FileFault.HTML_INSIDE),
        "more than twenty megabytes": (plain + bytes(LARGEST_FILE), FileFault.TOO_BIG),
    }


def words_with_more_than_words() -> bytes:
    """A sound text, and what is never opened: a picture of a million by a million, a drawing with a script, a program,
    a file within the file."""
    seen = '<w:r><w:drawing><a:blip xmlns:a="urn:x" r:embed="x1"/></w:drawing></w:r>'
    relations = "".join(
        f'<Relationship Id="x{number}" Type="urn:x/{kind}" Target="{at}"/>'
        for number, (kind, at) in enumerate(
            [("", ""), ("image", "media/a.png"), ("image", "media/b.svg"), ("oleObject", "embeddings/c.bin")]
        )
        if kind
    )
    more = {
        "word/media/a.png": a_picture(1_000_000, 1_000_000),
        "word/media/b.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "word/embeddings/c.bin": b"MZ" + bytes(200),
        "word/embeddings/d.docx": docx(p(r("Un autre fichier"))),
    }
    first = p(r("Article 1"), style="Titre1")
    return docx(first, clause(ONE, p(r("Le texte reste."), seen)), relations=relations, more=more, export="")


def archives(sound: bytes) -> dict[str, bytes]:
    """What isn't an archive of proof, or no longer is."""
    return {
        "no file in it": a_zip({}),
        "a bomb in it": a_zip({"manifest.json": b"0" * 20_000_000}),
        "sixty thousand files in it": a_directory(60_000),
        "names that climb": a_zip({"../../../etc/passwd": b"x", "/absolu": b"x", "C:\\x": b"x"}),
        "nested a thousand times": a_zip({"manifest.json": b"[" * 100_000}),
        "an entity in it": a_zip(
            {"manifest.json": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'}
        ),
        "cut in its middle": sound[: len(sound) // 2],
        "bytes in its middle": sound[:400] + b"xxxx" + sound[404:],
        "one file more": _with_more(sound, "intrus.html", b"<script>alert(1)</script>"),
        "the same name twice": _with_more(sound, "manifest.json", b"{}"),
    }


def archives_to_import(sound: bytes) -> dict[str, tuple[bytes, str]]:
    """What nobody took away from an instance, and why it doesn't come in. The manifests are right: anybody can write
    one."""
    members = verifier.read_members(sound)

    def forged(name: str, data: bytes) -> bytes:
        return _packed({**members, name: data}, json.loads(members[verifier.MANIFEST])["heads"])

    rows = json.loads(members["donnees/part.json"])
    return {
        "a bomb": (a_zip({"manifest.json": b"0" * 20_000_000}), "anormalement gros"),
        "sixty thousand files": (a_directory(60_000), "plus de 2 000 fichiers"),
        "a zip in a zip": (a_zip({"manifest.json": b"{}", "a.zip": a_zip({"b": b"c"})}), "historique/commun.json"),
        "a name that climbs": (a_zip({"../../../etc/passwd": b"x"}), "nom de fichier interdit"),
        "an absolute name": (a_zip({"/etc/passwd": b"x"}), "nom de fichier interdit"),
        "a name of Windows": (a_zip({"C:\\x": b"x"}), "nom de fichier interdit"),
        "the same name twice": (_with_more(sound, "manifest.json", b"{}"), "le même nom"),
        "the same name in capitals": (_with_more(sound, "Manifest.json", b"{}"), "le même nom"),
        "a link": (_with_more(sound, _link("donnees/lien.json"), b"/etc/passwd"), "lien.json"),
        "cut in its middle": (sound[: len(sound) // 2], "dossier de preuve lisible"),
        "a file longer than it says": (_lying(sound, b"contrat.json"), "contrat.json n’y est pas rangé"),
        "another program’s": (
            a_zip({"mimetype": b"application/epub+zip", "content.opf": b"<a/>"}),
            "document de bureautique",
        ),
        "a manifest nested without end": (a_zip({**members, "manifest.json": b"[" * 100_000}), "manifest.json"),
        "a manifest that isn’t UTF-8": (a_zip({**members, "manifest.json": b'{"\xe9": 1}'}), "manifest.json"),
        "a huge manifest": (a_zip({**members, "manifest.json": b"[0.5," * 999_999 + b"1]"}), "manifest.json"),
        "rows nested without end": (forged("donnees/part.json", b"[" * 100_000), "donnees/part.json n’est pas lisible"),
        "rows that aren’t UTF-8": (forged("donnees/part.json", b'["\xe9"]'), "donnees/part.json n’est pas lisible"),
        "a number without end": (forged("donnees/part.json", b"9" * 6_000), "donnees/part.json n’est pas lisible"),
        "a character that no database keeps": (forged("donnees/part.json", b'["\\u0000"]'), "n’est pas lisible"),
        "half a character": (forged("donnees/part.json", b'["\\ud800"]'), "donnees/part.json n’est pas lisible"),
        "no rows": (forged("donnees/part.json", b"[]"), "donnees/part.json n’a pas la forme"),
        "rows of another program": (forged("donnees/part.json", b'[{"id": 1}]'), "donnees/part.json n’a pas la forme"),
        "a table that isn’t carried": (forged("donnees/person.json", b"[]"), "ne s’emportent pas (person)"),
        "a row of another table": (
            forged("donnees/part.json", json.dumps([rows[0] | {"negotiation_id": "x"}, *rows[1:]]).encode()),
            "nomme ce qui n’est pas dans le dossier",
        ),
        "places that are none": (forged("donnees/faits/commun.json", b"[1]"), "n’ont pas la forme"),
        "no reader": (forged("negociation.json", _changed(members, reader=[])), "n’ont pas la forme"),
    }


def backups(sound: bytes) -> dict[str, tuple[bytes, str]]:
    """What `navette restore` is given instead of a backup, and why it doesn't take it."""
    held = {name: read_zip(sound)[name] for name in ("manifest.json", "base")}
    manifest = json.loads(held["manifest.json"])

    def saying(**other: object) -> bytes:
        return a_zip({**held, "manifest.json": json.dumps(manifest | other).encode()})

    bomb, none = bytes(70_000_000), "pas une sauvegarde de Navette"
    return {
        "nothing": (b"", none),
        "a web page": (b"<!DOCTYPE html>", none),
        "an archive of something else": (a_zip({"a.txt": b"a"}), none),
        "cut in its middle": (sound[: len(sound) // 2], none),
        "a manifest nested without end": (a_zip({**held, "manifest.json": b"[" * 100_000}), none),
        "a manifest that isn’t UTF-8": (a_zip({**held, "manifest.json": b'{"\xe9": 1}'}), none),
        "a huge manifest": (a_zip({**held, "manifest.json": b" " * 17_000_000}), none),
        "a manifest of other types": (saying(schema=["0001"]), none),
        "heads that are none": (saying(heads={"a": [1]}), none),
        "a base that isn’t there": (a_zip({"manifest.json": held["manifest.json"]}), none),
        "a base that unfolds": (_with_base(bomb, manifest | {"size": len(bomb)}), "taille démesurée"),
        "more than it says": (_with_base(held["base"] + bytes(9), manifest), "n’a plus la taille et l’empreinte"),
        "one bit turned": (_with_base(held["base"][:-1] + b"\x01", manifest), "n’a plus la taille et l’empreinte"),
        "a newer Navette’s": (saying(schema="9999"), "version plus récente"),
        "another database’s": (saying(database="postgresql"), "vient de postgresql"),
        "encrypted, cut": (b"NAVETTE-CHIFFRE-1\n" + bytes(40), "chiffrée"),
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


def _with_more(sound: bytes, name: "str | zipfile.ZipInfo", data: bytes) -> bytes:
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


def unfolding_json(values: int = 1_000_000) -> bytes:
    """Three bytes a value, which take sixty once read; not so regular that it looks like a bomb."""
    return b"[" + b",".join(random.Random(7).choices((b"{}", b"[]"), k=values)) + b"]"


def a_directory(count: int) -> bytes:
    """An archive that says so many files, all of them the one that it holds."""
    names = [b"%d" % number for number in range(count)]
    one = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"0"
    entry = struct.Struct("<4s6H3I5H2I")
    said = b"".join(
        entry.pack(b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0) + name for name in names
    )
    return one + said + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, len(said), len(one), 0)


def read_zip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        return {name: held.read(name) for name in held.namelist()}


def _packed(members: Mapping[str, bytes], heads: Mapping[str, Mapping[str, object]]) -> bytes:
    return a_zip({**members, verifier.MANIFEST: verifier.manifest_of(members, heads)})


def _changed(members: Mapping[str, bytes], **other: object) -> bytes:
    return json.dumps(json.loads(members["negociation.json"]) | other).encode()


def _packed_again(parts: Mapping[str, bytes], more: bytes, *, at: bytes) -> bytes:
    text = parts["word/document.xml"].replace(at, at + more, 1)
    return a_zip({**parts, "word/document.xml": text})


def _with_base(base: bytes, manifest: Mapping[str, object]) -> bytes:
    return a_zip({"manifest.json": json.dumps(manifest).encode(), "base": base})


def _link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


def _lying(sound: bytes, name: bytes) -> bytes:
    """The directory gives a byte less for a file than it has."""
    at = sound.rindex(name) - 46 + 24
    (size,) = struct.unpack_from("<I", sound, at)
    return sound[:at] + struct.pack("<I", size - 1) + sound[at + 4 :]
