"""In words, the differences that an eye would miss: spaces, look-alike characters, spelling of marks (trust.md T32)."""

import re
import unicodedata
from collections.abc import Iterable

from negotiation.rules.redline_model import Op, Run

REFORMATTED = "mise en forme modifiée"
_UNSEEN = "différence invisible"
_OTHER_SPACES = "nombre d'espaces modifié"
_MOST_NAMED = 3
_UNKNOWN = ("Co", "Cn", "Cs")
_SHOWN_BY_NOTHING = ("Cc", "Cf", *_UNKNOWN)

_SPACES = {
    " ": "espace",
    "\u00a0": "espace insécable",
    "\u202f": "espace fine insécable",
    "\u2009": "espace fine",
    "\t": "tabulation",
    "\n": "retour à la ligne",
}
# Letters of other scripts drawn like Latin ones, and signs drawn like one another: only what is met in real texts.
_TWINS = {
    twin: letter
    for letters, twins in (
        ("aceopxyijsdhlqwvgbkmntru", "асеорхуіјѕԁһӏԛԝѵɡЬкмптгս"),
        ("ABCEHIJKMOPSTXYZ", "АВСЕНІЈКМОРЅТХҮΖ"),
        ("ABEHIKMNOPTXY", "ΑΒΕΗΙΚΜΝΟΡΤΧΥ"),
        ("aoivupyk", "αοινυργκ"),
        ("'''\"\"\"-----.", "’ʼ′“”″‐‑–—−․"),
        ("/:;,!|", "∕∶;‚ǃ∣"),
    )
    for letter, twin in zip(letters, twins, strict=True)
}
# Signs without drawing that Unicode doesn't class as format characters.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")
_FOREIGN = re.compile(r"[^\n\x20-\x7e\xa0-\xac\xae-\u024f\u2010-\u2027\u202f\u20ac]")
_NOT_PLAIN = re.compile(r"[^\w\s.,()%]|[^\x00-\x7f]")
_MARKDOWN = re.compile(
    r"\\\n|<br>|\\([^\w\s])|&#(\d+);|\*+|~~|\[|\]\((?:\\.|[^()\s\\])*\)|(?<![^\W_])_|_(?![^\W_])|(?<=\n)[ \t>]*(?:> ?)",
)
_LINKS = re.compile(r"\]\(((?:\\.|[^()\s\\])*)\)")
_ESCAPED = re.compile(r"\\(?=[()])")


def without_signs(text: str) -> str:
    """What a reader sees of a piece of a body: Markdown's signs gone, its escapes and entities resolved."""
    return _MARKDOWN.sub(_seen, text)


def with_notices(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The runs, each difference that can't be seen carrying its notice."""
    noticed: list[Run] = []
    for run in runs:
        previous = noticed[-1] if noticed else None
        if run.op is Op.INSERT and previous and previous.op is Op.DELETE:
            noticed[-1:] = _noticed_pair(previous, run)
        else:
            noticed.append(run if run.op is Op.EQUAL else _noticed(run))
    return tuple(noticed)


def _seen(found: re.Match[str]) -> str:
    escaped, code = found.groups()
    if escaped:
        return str(escaped)
    if code:
        return chr(int(code)) if 0 < int(code) < 0x110000 and not 0xD800 <= int(code) < 0xE000 else "\ufffd"
    return "\n" if found.group() in ("\\\n", "<br>") else ""


def _noticed_pair(deleted: Run, inserted: Run) -> list[Run]:
    pair = (deleted, inserted)
    old, new = without_signs(deleted.text), without_signs(inserted.text)
    if old == new:
        return [_with(run, REFORMATTED) for run in pair]
    if _drawn(old) != _drawn(new):
        return [_noticed(run) for run in pair]
    notices = [_names(old, unlike=new), _names(new, unlike=old)]
    if not any(notices):
        notices[1] = _OTHER_SPACES if old.split() == new.split() else _UNSEEN
    return [_with(run, notice) for run, notice in zip(pair, notices, strict=True)]


def _noticed(run: Run) -> Run:
    words = without_signs(run.text)
    if not words:
        return _with(run, REFORMATTED)
    if words.isspace():
        return _with(run, _names(words))
    return _with(
        run, _names("".join(sign for sign in _FOREIGN.findall(words) if _is_hidden(sign) or _is_foreign(sign)))
    )


def _with(run: Run, notice: str) -> Run:
    """The run with its notice, to which it adds where its links lead: that is no word of the text."""
    verb = "ajouté" if run.op is Op.INSERT else "retiré"
    links = [f"lien {verb} : {_ESCAPED.sub('', link)}" for link in _LINKS.findall(run.text)]
    return Run(run.op, run.text, ", ".join([notice, *links] if notice else links))


def _names(text: str, *, unlike: str = "") -> str:
    names = dict.fromkeys(_name(sign) for sign in text if sign not in unlike)
    named = [name for name in names if name][:_MOST_NAMED]
    return ", ".join(named)


def _name(sign: str) -> str:
    code = f"U+{ord(sign):04X}"
    if sign in _SPACES:
        return _SPACES[sign]
    if _is_hidden(sign):
        drawn = "sans dessin connu" if unicodedata.category(sign) in _UNKNOWN else "invisible"
        return f"caractère {drawn} : {code}"
    if sign.isspace():
        return f"espace particulière : {code}"
    if unicodedata.category(sign)[0] == "M":
        return f"accent séparé de sa lettre : {code}"
    if not sign.isascii() and sign.isdecimal():
        return f"chiffre d'une autre écriture : {sign} ({code})"
    if sign in _TWINS or _drawn(sign) != sign:
        return f"caractère ressemblant : {sign} ({code})"
    return ""


def _is_hidden(sign: str) -> bool:
    if sign.isspace():
        return False
    return unicodedata.category(sign) in _SHOWN_BY_NOTHING or bool(_BLANK.match(sign))


def _is_foreign(sign: str) -> bool:
    """A letter or a digit of another script that a French reader takes for his own."""
    return not sign.isascii() and (sign.isdecimal() or (sign in _TWINS and sign.isalpha()))


def _drawn(text: str) -> str:
    """What the eye gets, spaces apart: one drawing for all that look alike."""
    return "".join(_NOT_PLAIN.sub(_drawing, unicodedata.normalize("NFKC", text)).split())


def _drawing(found: re.Match[str]) -> str:
    sign = found.group()
    if _is_hidden(sign):
        return ""
    return str(unicodedata.decimal(sign)) if sign.isdecimal() else _TWINS.get(sign, sign)
