"""The two prints of an avenant's one content: the avenant itself, which is sealed and signed, and the consolidated
version, the whole contract at its state.

The content is that of `contract_content`: a clause that differs from the amended version carries `before` (None when it
is added), `amendment` tells what is amended, and lists under `dropped` the clauses that are taken out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from negotiation.documents.print_tree import CHAPTERS, NAMES_OF_PARTS, Content, day, print_tree
from negotiation.documents.print_words import Node, blocks, capitals, in_fours, plain, shortened
from negotiation.documents.redline_print import marked_blocks
from negotiation.rules.amendment import AMENDMENTS, AmendmentKind, added_years
from negotiation.rules.vocabulary import ClauseKind, ClauseState, PartKind

OWN_PART = re.compile(r"avenant\D*(\d*)")
"""The keys of the parts that an avenant adds for itself begin so, with its number: object, reason, consequences."""
LISTED_AGAIN = "engagements"
"""Key of the article that lists the engagements of all parts."""
_YEARLY = re.compile(r"(?:targets|amounts)\.(\d{4})")
"""The fields that hold a value a year."""
SOLE_PROOF = "seuls le contrat et ses avenants signés font foi"


def amendment_tree(content: Content, *, fingerprint: str, label: str, kind: str) -> Node:
    """What the template of the avenant walks; `kind`: frozen or draft."""
    told = content["amendment"]
    own = [{**part, "code": ""} for part in content["parts"] if is_of_the_avenant(part, told["number"])]
    kept = kept_of(content)
    tree = print_tree({**content, "parts": without_marks(own)}, fingerprint=fingerprint, label=label, kind=kind)
    name = name_of(told)
    return tree | {
        "title": plain(f"{name} au contrat « {told['amends']['title']} »"),
        "name": plain(name),
        "subtitle": capitals(plain(AMENDMENTS[AmendmentKind(told["kind"])].name)),
        "running": [shortened(f"{name} · {told['amends']['title']}", most=70), tree["running"][1]],
        "amended": plain(told["amends"]["title"]),
        "amends": [[plain(one), plain(other)] for one, other in _amended(told["amends"])],
        "reason": blocks(told.get("reason") or ""),
        "requested_by": _requested_by(content, tree["parties"]),
        "effect": plain(day(told["effect_on"])) if told.get("effect_on") else "",
        "term": [plain(day(told["term"][when])) for when in ("before", "after")] if told.get("term") else [],
        "ends": told["kind"] == AmendmentKind.TERMINATION,
        "changes": [_part_changed(titles, part, kind, told) for titles, part in parts_changed(kept)],
        "unset": [plain(words) for words in years_without_value(content)],
        "dropped": [_dropped(clause) for clause in told.get("dropped") or ()],
        "unchanged": _unchanged(kept),
    }


def consolidated_tree(content: Content, *, fingerprint: str, label: str, kind: str) -> Node:
    """The whole contract at the state of the avenant, without a signature block: nobody signs it."""
    tree = print_tree(consolidated_content(content), fingerprint=fingerprint, label=label, kind=kind)
    said = consolidated_words(content["amendment"], kind)
    notes = [plain(words) for words in consolidated_notes(content)]
    return tree | {"consolidated": {name: plain(words) for name, words in said.items()} | {"notes": notes}}


def consolidated_content(content: Content) -> Node:
    """What an avenant's content leaves of the contract once it is amended."""
    told = content["amendment"]
    kept = [part for part in content["parts"] if not is_of_an_avenant(part)]
    whole = {**content, "title": told["amends"]["title"], "parts": without_marks(kept), "signatories": []}
    whole.pop("subtitle", None)
    if told.get("term"):
        whole["period"] = {**content["period"], "end": told["term"]["after"]}
    return whole


def consolidated_words(told: Content, kind: str) -> dict[str, str]:
    """What a consolidated version says of itself. `told`: the key `amendment` of the content."""
    name = name_of(told).replace("Avenant", "avenant")
    of = f"l’{name}" + (" en négociation" if kind == "draft" else "")
    what = "Projet de version consolidée" if kind == "draft" else "Version consolidée"
    return {
        "name": what,
        "notice": what,
        "version": f"{what}, état de l’{name}{_without(told)}",
        "said": f"{what} établie depuis {of} ; {SOLE_PROOF}.",
        "checking": (
            f"Cette version consolidée n’est pas signée : {SOLE_PROOF}. L’empreinte est celle du texte figé de "
            f"l’{name}, joint à ce PDF ; le PDF de l’avenant et son dossier de preuve se vérifient sur la page "
            "« Vérifier un document »."
        ),
    }


def consolidated_notes(content: Content) -> tuple[str, ...]:
    """What whoever reads a consolidated version would else believe to be in it: the avenants that were signed
    elsewhere and only declared, the added years for which nothing is agreed."""
    told = content["amendment"]
    return (
        *(
            f"N’est pas intégré : {_declared(each)}. Il a été signé hors de Navette et n’est que déclaré ; ce qu’il "
            "change n’est ici que si un avenant signé depuis l’a repris."
            for each in told.get("declared") or ()
        ),
        *_empty_years_in_short(empty_years(content)),
    )


def _empty_years_in_short(found: Sequence[tuple[Content, Sequence[Content]]]) -> Iterator[str]:
    """The avenant lists them one by one."""
    years = sorted({year_of(clause) for _, clauses in found for clause in clauses})
    kinds = [part["kind"] for part, _ in found]
    counts = [
        f"{count} {many if count > 1 else one}"
        for kind, one, many in (
            (PartKind.INDICATOR, "indicateur", "indicateurs"),
            (PartKind.FUNDING_LINE, "ligne financière", "lignes financières"),
        )
        if (count := kinds.count(kind))
    ]
    if years:
        yield f"Rien n’est convenu en {' et '.join(years)} pour {' et '.join(counts)} : l’avenant les nomme."


def years_without_value(content: Content) -> list[str]:
    """« Indicateur I1, Taux d’occupation : 2029 », for each part in which an added year says nothing."""
    return [f"{name_of_part(part)} : {', '.join(map(year_of, clauses))}" for part, clauses in empty_years(content)]


def empty_years(content: Content) -> list[tuple[Content, list[Content]]]:
    """Each part in which an added year says nothing, with those clauses; what waits for an engagement's value is no
    empty year."""
    found = []
    for part in _all_parts(kept_of(content)):
        empty = [
            clause
            for clause in part["clauses"]
            if is_added_year(clause, content["amendment"])
            and not (clause.get("text") or clause.get("value_text") or clause.get("follows"))
        ]
        if empty:
            found.append((part, empty))
    return found


def year_of(clause: Content) -> str:
    """Of a clause that holds a value a year."""
    return str(clause["field"].partition(".")[2])


def is_added_year(clause: Content, told: Content) -> bool:
    """Whether this is the target or the amount of a year that the contract didn't reach before."""
    found = _YEARLY.fullmatch(clause.get("field") or "")
    if found is None or not told.get("term"):
        return False
    before, after = (date.fromisoformat(told["term"][when]) for when in ("before", "after"))
    return int(found[1]) in added_years(before, after)


def name_of(told: Content) -> str:
    return f"Avenant n° {told['number']}"


def kept_of(content: Content) -> list[Content]:
    """The parts of the contract itself, each clause once: the list of engagements only names again what stands in
    them."""
    return [part for part in content["parts"] if not is_of_an_avenant(part) and part.get("key") != LISTED_AGAIN]


def is_of_an_avenant(part: Content) -> bool:
    return bool(OWN_PART.match(str(part.get("key", ""))))


def is_of_the_avenant(part: Content, number: int) -> bool:
    """Avenants signed before left their own parts in the text."""
    found = OWN_PART.match(str(part.get("key", "")))
    return found is not None and found[1] in ("", str(number))


def without_marks(parts: Sequence[Content]) -> list[Node]:
    """The same parts as they read once amended."""
    return [
        {
            **part,
            "clauses": [
                {name: value for name, value in clause.items() if name != "before"} for clause in part["clauses"]
            ],
            "parts": without_marks(part.get("parts", ())),
        }
        for part in parts
    ]


def parts_changed(parts: Sequence[Content], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Content]]:
    """Every part with a clause of its own that differs, in reading order, with the names of the parts above it."""
    for part in parts:
        if any(changed_clauses(part)):
            yield above, part
        yield from parts_changed(part.get("parts", ()), (*above, name_of_part(part)))


def changed_clauses(part: Content) -> Iterator[Content]:
    """Those that read otherwise than before; an added clause that says nothing changes nothing."""
    for clause in part.get("clauses", ()):
        before = clause.get("before") or {"text": "", "value_text": ""}
        reads = (clause.get("text") or "", clause.get("value_text") or "")
        if "before" in clause and reads != (before["text"], before["value_text"]):
            yield clause


def name_of_part(part: Content) -> str:
    """« Fiche action 1.2, Former les équipes »: what a list of parts says."""
    code = "" if part.get("code") == part["title"] or is_of_an_avenant(part) else part.get("code", "")
    kind = NAMES_OF_PARTS.get(part["kind"], "") if code[:1].isdigit() or part["kind"] != "article" else ""
    head = f"{kind} {code}".strip()
    return f"{head}, {part['title']}" if head else str(part["title"])


def sides(before: str, after: str) -> tuple[list[Node], list[Node]]:
    """The two texts, each marked for what the other lacks: what goes in the first, what comes in the second."""
    marked = marked_blocks(before, after)
    return _side(marked, "ins"), _side(marked, "del")


def _all_parts(parts: Sequence[Content]) -> Iterator[Content]:
    for part in parts:
        yield part
        yield from _all_parts(part.get("parts", ()))


def _declared(avenant: Content) -> str:
    signed = f" du {day(avenant['signed_on'])}" if avenant.get("signed_on") else ""
    return f"l’avenant n° {avenant['number']}{signed}, « {avenant['title']} »"


def _without(told: Content) -> str:
    """What the foot of each page adds."""
    numbers = [str(each["number"]) for each in told.get("declared") or ()]
    if len(numbers) > 1:
        return f", sans les avenants déclarés n° {', '.join(numbers[:-1])} et {numbers[-1]}"
    return f", sans l’avenant déclaré n° {numbers[0]}" if numbers else ""


def _amended(amends: Content) -> Iterator[tuple[str, str]]:
    yield "Référence", amends["reference"]
    yield "Version modifiée", amends.get("label") or amends["number"]
    if amends.get("signed_on"):
        yield "Signée le", day(amends["signed_on"])
    yield "Empreinte de son texte", in_fours(amends["content_hash"])


def _requested_by(content: Content, drawn: Mapping[str, Node]) -> Node | None:
    wanted = content["amendment"].get("requested_by")
    letter = next((party["letter"] for party in content["parties"] if wanted and party.get("key") == wanted), None)
    return drawn[letter] if letter else None


def _part_changed(above: tuple[str, ...], part: Content, kind: str, told: Content) -> Node:
    clauses = list(changed_clauses(part))
    is_added = len(clauses) == len(part["clauses"]) and all(clause["before"] is None for clause in clauses)
    code = "" if part.get("code") == part["title"] else part.get("code", "")
    named = NAMES_OF_PARTS.get(part["kind"], "") if code[:1].isdigit() or part["kind"] != "article" else ""
    return {
        "overline": capitals(plain(f"{named} {code}".strip())),
        "above": plain(" › ".join(above)),
        "code": shortened(code, most=12),
        "title": plain(part["title"]),
        "is_added": is_added,
        "clauses": [_clause_changed(clause, kind) | {"is_year": is_added_year(clause, told)} for clause in clauses],
    }


def _clause_changed(clause: Content, kind: str) -> Node:
    before = clause["before"] or {"text": "", "value_text": ""}
    text, value = clause.get("text") or "", clause.get("value_text") or ""
    old, new = sides(before["text"], text) if clause["before"] is not None else ([], blocks(text))
    named = clause["kind"] == ClauseKind.ENGAGEMENT and clause.get("code")
    is_open = kind == "draft" and clause.get("state") not in (ClauseState.AGREED, None)
    return {
        "label": plain(f"Engagement {clause['code']}, {clause['label']}" if named else clause.get("label", "")),
        "is_added": clause["before"] is None,
        "is_open": is_open,
        "old": old,
        "new": new,
        "old_value": plain(before["value_text"]) if before["value_text"] != value else "",
        "new_value": plain(value) if before["value_text"] != value else "",
        "same_text": before["text"] == text,
        "awaits": plain(clause.get("follows") or "") if kind == "draft" and not value else "",
    }


def _dropped(clause: Content) -> Node:
    named = " ".join(words for words in (clause.get("code") or "", clause["label"]) if words)
    return {
        "title": plain(f"{name_of_part(clause['part'])}, {named}"),
        "blocks": blocks(clause["before"]["text"]),
        "value": plain(clause["before"]["value_text"]),
    }


def _unchanged(parts: Sequence[Content]) -> list[Node]:
    """By chapter, the parts in which nothing changes, at any depth; a whole one is said by its own name only."""
    found: dict[str, list[str]] = {}
    for part in parts:
        found.setdefault(CHAPTERS.get(part["kind"], "Clauses"), []).extend(map(plain, _names_unchanged(part)))
    return [{"title": title, "parts": names} for title, names in found.items() if names]


def _names_unchanged(part: Content) -> Iterator[str]:
    if not any(True for _ in parts_changed([part])):
        yield name_of_part(part)
        return
    for inner in part.get("parts", ()):
        yield from _names_unchanged(inner)


def _side(nodes: Sequence[Any], without: str) -> list[Node]:
    kept = (_node_side(node, without) for node in nodes)
    return [node for node in kept if node is not None]


def _node_side(node: Node, without: str) -> Node | None:
    """The node with the runs of one side; None when nothing of it is left."""
    match node["t"]:
        case "paragraph" | "heading":
            runs = _runs_side(node["runs"], without)
            return {**node, "runs": runs} if runs else None
        case "bullets" | "numbers":
            items = [_side(item, without) for item in node["items"]]
            left = [place for place, item in enumerate(items) if item]
            numbers = {"values": [node["values"][place] for place in left]} if "values" in node else {}
            return {**node, "items": [items[place] for place in left], **numbers} if left else None
        case "quote":
            inside = _side(node["blocks"], without)
            return {**node, "blocks": inside} if inside else None
        case "table":
            rows = [[_runs_side(cell, without) for cell in row] for row in node["rows"]]
            rows = [row for row in rows if any(row)]
            return {**node, "rows": rows} if rows else None
        case _:
            return node


def _runs_side(runs: Sequence[Node], without: str) -> list[Node]:
    """Notes on what changed without a word stand beside the new text."""
    left = {without, "note"} if without == "ins" else {without}
    kept = [run for run in runs if run.get("op", "") not in left and not run.get("apart")]
    return kept if any(run.get("s", "").strip() for run in kept) else []
