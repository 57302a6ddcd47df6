"""Makes anew, from the other files of the corpus, those that LibreOffice and pandoc write: `python -m
tests.word_corpus.by_programs`. Dates and ids in them change."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile

from negotiation.documents.pandoc import convert
from tests.word_corpus.make import FILES, ONE, clause, packed, parts_of

TO_ODT = (
    *("words", "paragraph_added", "paragraph_removed", "paragraphs_joined", "row_added"),
    *("comment", "comment_thread", "untouched", "marks_shapes", "moved", "moved_between_clauses", "values"),
    *("row_removed", "tracking_off", "footnote", "scrubbed_authors"),
)
TO_DOCX = ("paragraphs_joined", "row_removed", "nested_authors", "comment_thread", "formatting_only")
PANDOC = """# Article 1

La MAS ouvre [deux]{.deletion author="ARS" date="2026-07-09T18:20:00Z"}[trois]{.insertion author="ARS" \\
date="2026-07-09T18:20:00Z"} places. [Pourquoi trois ?]{.comment-start id="0" author="ARS" \\
date="2026-07-09T18:20:00Z"}Selon le besoin[]{.comment-end id="0"}.
""".replace("\\\n", "")


def by_programs() -> None:
    """What LibreOffice and pandoc write themselves."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _saved_again([FILES / f"{name}.docx" for name in TO_ODT], "odt", FILES, profile=place)
        for name in TO_DOCX:
            copyfile(FILES / f"{name}.docx", place / f"writer_{name}.docx")
        copyfile(FILES / "words.odt", place / "writer_words.odt")
        given = [*place.glob("writer_*.docx"), place / "writer_words.odt"]
        _saved_again(given, "docx:MS Word 2007 XML", FILES, profile=place)
    (FILES / "older_export.odt").write_bytes(with_points((FILES / "untouched.odt").read_bytes()))
    written = convert(PANDOC.encode(), source="markdown", target="docx")
    parts: dict[str, str | bytes] = dict(parts_of(written))
    document = bytes(parts["word/document.xml"]).decode()
    start = document.index("<w:p>", document.index("Article 1"))
    end = document.index("</w:p>", start) + len("</w:p>")
    parts["word/document.xml"] = document[:start] + clause(ONE, document[start:end]) + document[end:]
    (FILES / "pandoc_words.docx").write_bytes(packed(parts))


def with_points(data: bytes) -> bytes:
    """As Navette itself wrote an .odt once: a text has a beginning, and no end."""
    parts: dict[str, str | bytes] = dict(parts_of(data))
    content = re.sub(r"<text:bookmark-end [^>]*/>", "", bytes(parts["content.xml"]).decode())
    return packed(parts | {"content.xml": content.replace("<text:bookmark-start ", "<text:bookmark ")})


def _saved_again(files: Sequence[Path], kind: str, folder: Path, *, profile: Path) -> None:
    asked = ["soffice", "--headless", f"-env:UserInstallation=file://{profile}/profile", "--convert-to", kind]
    subprocess.run([*asked, "--outdir", str(folder), *map(str, files)], check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    by_programs()
