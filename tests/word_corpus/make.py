# ruff: noqa: E501 -- lines of XML as Word writes them
"""Makes the files of the corpus: `python -m tests.word_corpus.make`. What each must give stands in `expected.toml`.

Files by hand are the XML that Word writes, cut to what counts. Those of LibreOffice (`writer_…` and .odt) and of pandoc
go through the programs themselves: `by_programs.py`.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

FILES = Path(__file__).parent / "files"
ONE, TWO, THREE = "1" * 32, "2" * 32, "3" * 32
EXPORT = "00000000-0000-4000-8000-000000000007"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
STYLES = f"""<w:styles xmlns:w="{W}">
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="Titre1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Titre2"><w:name w:val="heading 2"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Heading3"><w:name w:val="Titre 3"/></w:style>
<w:style w:type="paragraph" w:styleId="ArticleArs"><w:name w:val="Article ARS"/><w:basedOn w:val="Titre2"/></w:style>
</w:styles>"""


# ------------------------------------------------------------------------------------------------------------ the pieces


def r(text: str, *, bold: str = "") -> str:
    marks = "<w:rPr><w:b/></w:rPr>" if bold else ""
    return f'<w:r>{marks}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _by(author: str, number: int) -> str:
    return f'w:id="{number}" w:author="{escape(author)}" w:date="2026-07-09T18:20:00Z"'


def ins(text: str, author: str = "DAF Orlinde", number: int = 900) -> str:
    return f"<w:ins {_by(author, number)}>{r(text)}</w:ins>"


def dele(text: str, author: str = "DAF Orlinde", number: int = 901) -> str:
    run = f'<w:r><w:delText xml:space="preserve">{escape(text)}</w:delText></w:r>'
    return f"<w:del {_by(author, number)}>{run}</w:del>"


def p(*inside: str, style: str = "", mark: str = "", more: str = "") -> str:
    """`mark`: « ins » or « del » on the paragraph's own mark; `more`: other properties."""
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    marked = f"<w:rPr><w:{mark} {_by('DAF Orlinde', 905)}/></w:rPr>" if mark else ""
    properties = f"<w:pPr>{styled}{more}{marked}</w:pPr>" if styled or marked or more else ""
    return f"<w:p>{properties}{''.join(inside)}</w:p>"


def clause(clause_id: str, *blocks: str) -> str:
    number = int(clause_id[:4], 16)
    start = f'<w:bookmarkStart w:id="{number}" w:name="nv_{clause_id}"/>'
    return start + "".join(blocks) + f'<w:bookmarkEnd w:id="{number}"/>'


def valued(clause_id: str, *runs: str) -> str:
    number = int(clause_id[:4], 16) + 1
    start = f'<w:bookmarkStart w:id="{number}" w:name="nvv_{clause_id}"/>'
    return start + "".join(runs) + f'<w:bookmarkEnd w:id="{number}"/>'


def tc(*inside: str) -> str:
    return f"<w:tc><w:tcPr/>{p(*inside)}</w:tc>"


def tr(*cells: str, mark: str = "") -> str:
    marked = f"<w:trPr><w:{mark} {_by('DAF Orlinde', 907)}/></w:trPr>" if mark else ""
    return f"<w:tr>{marked}{''.join(cells)}</w:tr>"


def tbl(*rows: str) -> str:
    look = '<w:tblPr><w:tblLook w:firstRow="1" w:val="0020"/></w:tblPr><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid>'
    return f"<w:tbl>{look}{''.join(rows)}</w:tbl>"


def commented(key: int, *inside: str) -> str:
    reference = f'<w:r><w:commentReference w:id="{key}"/></w:r>'
    return f'<w:commentRangeStart w:id="{key}"/>{"".join(inside)}<w:commentRangeEnd w:id="{key}"/>{reference}'


def comment(key: int, text: str, author: str = "DAF Orlinde", paragraph: str = "") -> str:
    known = f' w14:paraId="{paragraph}"' if paragraph else ""
    said = f"<w:p{known}>{r(text)}</w:p>"
    return f'<w:comment w:id="{key}" w:author="{author}" w:date="2026-07-09T18:30:00Z">{said}</w:comment>'


# ----------------------------------------------------------------------------------------------------------- the package


def docx(
    *blocks: str,
    comments: str = "",
    threads: str = "",
    export: str = EXPORT,
    footnotes: str = "",
    more: Mapping[str, str | bytes] | None = None,
    relations: str = "",
    types: str = "",
    main_type: str = f"{_WORD}.document.main+xml",
) -> bytes:
    """A Word file with these blocks; the other arguments add parts, relationships of the text and content types."""
    parts: dict[str, str | bytes] = {
        "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:r="{OFFICE}"><w:body>{"".join(blocks)}</w:body></w:document>',
        "word/styles.xml": STYLES,
    }
    linked = [("styles", "styles.xml")]
    kinds = f'<Override PartName="/word/document.xml" ContentType="{main_type}"/>'
    if comments:
        spaces = f'xmlns:w="{W}" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
        parts["word/comments.xml"] = f"<w:comments {spaces}>{comments}</w:comments>"
        linked.append(("comments", "comments.xml"))
    if threads:
        space = 'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"'
        parts["word/commentsExtended.xml"] = f"<w15:commentsEx {space}>{threads}</w15:commentsEx>"
        linked.append(("commentsExtended", "commentsExtended.xml"))
    if footnotes:
        parts["word/footnotes.xml"] = f'<w:footnotes xmlns:w="{W}">{footnotes}</w:footnotes>'
        linked.append(("footnotes", "footnotes.xml"))
    roots = f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
    if export:
        parts["docProps/custom.xml"] = _custom(export)
        roots += f'<Relationship Id="r2" Type="{OFFICE}/custom-properties" Target="docProps/custom.xml"/>'
    inner = "".join(
        f'<Relationship Id="s{n}" Type="{OFFICE}/{kind}" Target="{at}"/>' for n, (kind, at) in enumerate(linked)
    )
    parts["word/_rels/document.xml.rels"] = f'<Relationships xmlns="{_RELATIONS}">{inner}{relations}</Relationships>'
    parts["_rels/.rels"] = f'<Relationships xmlns="{_RELATIONS}">{roots}</Relationships>'
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    first = {"[Content_Types].xml": f'<Types xmlns="{_TYPES}">{defaults}{kinds}{types}</Types>'}
    return packed({**first, **parts, **(more or {})})


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            place = zipfile.ZipInfo(name, (2026, 7, 9, 18, 2, 0))
            place.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(place, content)
    return written.getvalue()


def _custom(export: str) -> str:
    space = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
    value = f'<vt:lpwstr xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{export}</vt:lpwstr>'
    number = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
    return f'<Properties xmlns="{space}"><property fmtid="{number}" pid="2" name="NavetteExport">{value}</property></Properties>'


# ------------------------------------------------------------------------------------------------------------- the files

TITLE = p(r("Article 1"), style="Titre1")
NEXT = p(r("Article 2"), style="Titre1")
WEEKENDS = "La MAS ouvre deux places, soit quatre au total."


def tracked() -> dict[str, bytes]:
    """Revisions of words, paragraphs, rows; their authors."""
    two = clause(TWO, p(r("Le second texte reste.")))
    long = "Le premier paragraphe."
    table = (tr(tc(r("Année")), tc(r("Euros"))), tr(tc(r("2027")), tc(r("100"))))
    moved_from = f"<w:moveFrom {_by('Auteur', 920)}>{r('Une phrase.')}</w:moveFrom>"
    moved_to = f"<w:moveTo {_by('Auteur', 921)}>{r('Une phrase.')}</w:moveTo>"
    both = f"<w:ins {_by('ARS', 930)}>{dele(' provisoire', 'DAF Orlinde', 931)}</w:ins>"
    gone, come = (p(each, mark=name) for each, name in ((moved_from, "moveFrom"), (moved_to, "moveTo")))
    return {
        "words.docx": docx(
            TITLE,
            clause(ONE, p(r("La MAS ouvre "), dele("deux"), ins("trois"), r(" places"), ins(", au plus"), r("."))),
            NEXT,
            two,
        ),
        "edge_spaces.docx": docx(
            TITLE, clause(ONE, p(r("avec"), ins(" des "), r("résultats"), ins(" sûrs"), r("."))), NEXT, two
        ),
        "untouched.docx": docx(TITLE, clause(ONE, p(r(WEEKENDS))), NEXT, two),
        "tracking_off.docx": docx(TITLE, clause(ONE, p(r(WEEKENDS.replace("deux", "trois")))), NEXT, two),
        "both_ways.docx": docx(
            TITLE,
            clause(ONE, p(r("La MAS ouvre trois places, soit "), dele("quatre"), ins("cinq"), r(" au total."))),
            NEXT,
            two,
        ),
        "paragraph_added.docx": docx(TITLE, clause(ONE, p(r(long), mark="ins"), p(ins("Le deuxième."))), NEXT, two),
        "paragraph_added_after_mark.docx": docx(
            TITLE, clause(ONE, p(r(long))), p(ins("Un paragraphe de plus."), mark="ins"), NEXT, two
        ),
        "paragraph_removed.docx": docx(TITLE, clause(ONE, p(dele(long), mark="del"), p(r("Le deuxième."))), NEXT, two),
        "paragraphs_joined.docx": docx(TITLE, clause(ONE, p(r(long), mark="del"), p(r(" Le deuxième."))), NEXT, two),
        "paragraph_split.docx": docx(TITLE, clause(ONE, p(r("Une moitié."), mark="ins"), p(r(" L’autre."))), NEXT, two),
        "row_added.docx": docx(
            TITLE, clause(ONE, tbl(*table, tr(tc(ins("2028")), tc(ins("200")), mark="ins")), p()), NEXT, two
        ),
        "row_removed.docx": docx(
            TITLE, clause(ONE, tbl(*table, tr(tc(dele("2028")), tc(dele("200")), mark="del")), p()), NEXT, two
        ),
        "moved.docx": docx(TITLE, clause(ONE, p(moved_from, r("Une autre. "), moved_to)), NEXT, two),
        "moved_between_clauses.docx": docx(
            TITLE,
            clause(ONE, p(r(WEEKENDS)), gone, p(r("La suite."))),
            NEXT,
            clause(TWO, p(r("Le second texte reste.")), come, p(r("La fin."))),
        ),
        "values.docx": docx(
            TITLE,
            p(r("Valeur : ", bold="1"), valued(ONE, dele("20 000"), ins("25 000"), r(" €"))),
            clause(ONE, p(r(WEEKENDS))),
            tbl(tr(tc(r("Cible 2028")), tc(valued(TWO, r("95 %")))), tr(tc(r("Cible 2029")), tc(valued(THREE)))),
        ),
        "nested_authors.docx": docx(
            TITLE, clause(ONE, p(r("Un accord"), both, ins(" ferme", "Auteur"), r("."))), NEXT, two
        ),
        "scrubbed_authors.docx": docx(
            TITLE, clause(ONE, p(r("Pendant "), dele("deux", "Auteur"), ins("trois", "Author"), r(" ans."))), NEXT, two
        ),
        "formatting_only.docx": docx(
            TITLE,
            clause(
                ONE,
                p(
                    f"<w:r><w:rPr><w:color w:val='FF0000'/><w:rPrChange {_by('DAF', 940)}><w:rPr/></w:rPrChange></w:rPr>"
                    f"<w:t>{WEEKENDS}</w:t></w:r>",
                    more=f"<w:jc w:val='center'/><w:pPrChange {_by('DAF', 941)}><w:pPr/></w:pPrChange>",
                ),
            ),
            NEXT,
            two,
        ),
        "footnote.docx": docx(
            TITLE,
            clause(
                ONE,
                p(
                    r("Le montant"),
                    f"<w:ins {_by('DAF', 950)}><w:r><w:footnoteReference w:id='2'/></w:r></w:ins>",
                    r("."),
                ),
            ),
            NEXT,
            two,
            footnotes=f"<w:footnote w:id='2'>{p(r('Hors taxes.'))}</w:footnote>",
        ),
        "whole_clause_deleted.docx": docx(TITLE, clause(ONE, p(dele(WEEKENDS), mark="del")), NEXT, two),
        "clause_missing.docx": docx(TITLE, NEXT, two),
        "content_control.docx": docx(
            TITLE,
            clause(
                ONE,
                f"<w:sdt><w:sdtPr/><w:sdtContent>{p(r('Sous contrôle'), ins(' de Word'), r('.'))}</w:sdtContent></w:sdt>",
            ),
            NEXT,
            two,
        ),
        "mark_in_next_heading.docx": docx(
            TITLE,
            f'<w:bookmarkStart w:id="7" w:name="nv_{ONE}"/>{p(r(WEEKENDS))}',
            f'<w:p><w:pPr><w:pStyle w:val="Titre1"/></w:pPr><w:bookmarkEnd w:id="7"/>{r("Article 2")}</w:p>',
            two,
        ),
        "marks_shapes.docx": docx(
            TITLE,
            clause(ONE, p(r("En "), r("gras", bold="1"), r(" et "), ins("plus"), r("\u00ad dur."))),
            NEXT,
            two,
        ),
    }


def said() -> dict[str, bytes]:
    """Comments: anchors inside revisions, threads, on words that were struck."""
    parent = '<w15:commentEx w15:paraId="0000000A" w15:done="0"/>'
    answer = '<w15:commentEx w15:paraId="0000000B" w15:paraIdParent="0000000A" w15:done="0"/>'
    one = clause(ONE, p(r("Il ouvre "), commented(0, ins("un week-end")), r(" par mois.")))
    struck = clause(ONE, p(r("Il ouvre "), commented(0, dele("deux week-ends")), r(" par mois.")))
    return {
        "comment.docx": docx(TITLE, one, comments=comment(0, "Les recrutements échouent.")),
        "comment_thread.docx": docx(
            TITLE,
            one,
            comments=comment(0, "Est-ce sûr ?", paragraph="0000000A") + comment(1, "Oui.", "ARS", "0000000B"),
            threads=parent + answer,
        ),
        "comment_on_struck.docx": docx(TITLE, struck, comments=comment(0, "Pourquoi l’enlever ?")),
    }


def provenances() -> dict[str, bytes]:
    """Whose file it says it is."""
    body = (TITLE, clause(ONE, p(r("La MAS ouvre "), dele("deux"), ins("trois"), r(" places."))))
    return {
        "another_export.docx": docx(*body, export="00000000-0000-4000-8000-00000000abcd"),
        "no_export.docx": docx(*body, export=""),
        "no_marks.docx": docx(TITLE, p(r(WEEKENDS)), export=""),
    }


def from_an_office() -> bytes:
    """As Word saves it on a model of the house: template on a share, links in the text and in a note, a link that was
    typed with tracking, settings, fonts, the data of a library of documents."""
    out = 'TargetMode="External"'
    links = (
        f'<Relationship Id="x1" Type="{OFFICE}/hyperlink" Target="https://www.legifrance.gouv.fr/" {out}/>'
        f'<Relationship Id="x2" Type="{OFFICE}/hyperlink" Target="mailto:ars-dd39@ars.sante.fr" {out}/>'
        f'<Relationship Id="x3" Type="{OFFICE}/settings" Target="settings.xml"/>'
        f'<Relationship Id="x4" Type="{OFFICE}/customXml" Target="../customXml/item1.xml"/>'
    )
    settings = f'<w:settings xmlns:w="{W}" xmlns:r="{OFFICE}"><w:attachedTemplate r:id="rId1"/><w:trackRevisions/></w:settings>'
    model = f'<Relationship Id="rId1" Type="{OFFICE}/attachedTemplate" Target="file:///\\\\srv-ars\\Modeles\\CPOM.dotm" {out}/>'
    notes = f'<Relationship Id="rId1" Type="{OFFICE}/hyperlink" Target="https://www.cnsa.fr/" {out}/>'
    law = f'<w:hyperlink r:id="x1" w:history="1">{r("l’article L. 313-11")}</w:hyperlink>'
    mail = f'<w:ins {_by("DAF Orlinde", 960)}><w:hyperlink r:id="x2">{r("la délégation")}</w:hyperlink></w:ins>'
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    text = p(r("Selon "), law, r(", écrire à "), mail, note, r("."))
    return docx(
        *(TITLE, clause(ONE, text)),
        relations=links,
        footnotes=f'<w:footnote w:id="2">{p(r("Voir le site."))}</w:footnote>',
        more={
            "word/settings.xml": settings,
            "word/_rels/settings.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{model}</Relationships>',
            "word/_rels/footnotes.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{notes}</Relationships>',
            "customXml/item1.xml": '<b:Sources xmlns:b="http://schemas.openxmlformats.org/officeDocument/2006/bibliography"/>',
        },
    )


def many_parts(count: int = 60_000) -> bytes:
    """Too large to be kept: made when it is asked for."""
    return packed({**parts_of(docx(p(r("Bonjour")))), **{f"word/p{number}.xml": b"" for number in range(count)}})


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def main() -> None:
    from tests.word_corpus.refused import refused  # which takes its pieces from here

    FILES.mkdir(exist_ok=True)
    for group in (tracked, said, provenances, refused):
        for name, content in group().items():
            (FILES / name).write_bytes(content)


if __name__ == "__main__":
    main()
