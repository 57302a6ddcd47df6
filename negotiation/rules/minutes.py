"""The relevé de décisions of a séance: what was recorded, in French sentences, passage by passage.

Each passage becomes a clause that the parties correct and approve. Nothing is said that no record says: what is unknown
is left out. Pure: facts in, Markdown out. Sources: issue 5 point 4, product R11, mockup `releve.html`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from negotiation.rules.french_names import clock_words, day_words, hour_words, of_name, the_name, weekday_words
from negotiation.rules.markdown_tree import (
    Block,
    BulletList,
    Inlines,
    ListItem,
    Mark,
    OrderedList,
    Paragraph,
    Table,
    Text,
    parse,
)
from negotiation.rules.minutes_facts import (
    Act,
    Facts,
    Failed,
    Next,
    OnClause,
    Point,
    Said,
    Told,
    Who,
)
from negotiation.rules.minutes_pieces import readable_pieces
from negotiation.rules.seances import DecisionKind, Unbound
from negotiation.rules.vocabulary import Move

LONGEST_LABEL = 160
"""Characters of the name of a passage."""
BEFORE, AFTER, THE_SAME = "Avant la séance", "Après", "Texte, le même avant et après"
NOTHING = "Aucun texte n’était proposé."


@dataclass(frozen=True)
class Passage:
    """A passage of the relevé: `key` is the field of its clause, `text` canonical Markdown."""

    key: str
    label: str
    text: str


def passages(facts: Facts) -> tuple[Passage, ...]:
    """The whole relevé, in the order of reading; what is too long for one passage goes on in the next."""
    decided = [_decided(each) for each in facts.clauses] + [_of_file(words) for words in facts.decisions]
    made: list[tuple[str, str, Sequence[Block]]] = [
        ("seance", "Séance et présents", _meeting(facts)),
        ("ordre-du-jour", "Ordre du jour", _agenda(facts.points)),
        *(
            (f"decision.{number}", f"Décision {number} : {name}" if name else f"Décision {number}", blocks)
            for number, (name, blocks) in enumerate(decided, start=1)
        ),
    ]
    if not decided:
        made.append(("decisions", "Décisions", [_said(_nothing_decided(facts))]))
    made.append(("reserves", "Réserves", _reserves(facts.reserves)))
    made.append(("actions", "À faire", _tasks(facts.tasks)))
    for key, label, found in (
        ("questions", "Questions posées", [_question(each) for each in facts.questions]),
        ("copil", "Renvoyé au COPIL", [_for_copil(each) for each in facts.to_copil]),
        ("sans-effet", "Noté, et resté sans effet", [_failure(each) for each in facts.failed]),
    ):
        if found:
            made.append((key, label, [_bullets(found)]))
    if facts.next:
        made.append(("suite", "Suite", [_said(_meeting_to_come(facts.next))]))
    return tuple(passage for key, label, blocks in made for passage in _cut(key, label, blocks))


def _nothing_decided(facts: Facts) -> str:
    """Of no clause: what its own list tells below was decided all the same."""
    if facts.reserves or facts.tasks or facts.questions or facts.to_copil:
        return "Aucun accord n’a été enregistré ; ce qui a été décidé d’autre suit."
    return "Aucune décision n’a été enregistrée."


def _cut(key: str, label: str, blocks: Sequence[Block]) -> Iterable[Passage]:
    """« Réserves », and where that is too long « Réserves (suite 2) »."""
    first, *others = readable_pieces(blocks)
    yield Passage(key, _label(label), first)
    for number, text in enumerate(others, start=2):
        yield Passage(f"{key}.suite.{number}", _label(label, after=f" (suite {number})"), text)


# ---------------------------------------------------------------------- the séance


def _meeting(facts: Facts) -> list[Block]:
    blocks: list[Block] = [_said(f"{_when(facts)}{_where(facts.place)}.")]
    if facts.chair:
        blocks.append(_said(f"Animée par {_named(facts.chair)}."))
    if facts.note_taker:
        blocks.append(_said(f"Notes prises par {_named(facts.note_taker)}."))
    here = [ListItem((Paragraph((_bold(each.party), Text(f" : {_people(each.here)}"))),)) for each in facts.people]
    if not here:
        return [*blocks, _said("Aucune présence n’a été enregistrée.")]
    missing = [f"{', '.join(each.absent)} ({each.party})" for each in facts.people if each.absent]
    blocks += [_title("Présents"), BulletList(tuple(here))]
    return [*blocks, _said(f"Attendus, non présents : {' ; '.join(missing)}.")] if missing else blocks


def _when(facts: Facts) -> str:
    day = f"Séance du {weekday_words(facts.on)}"
    if facts.opened_at and facts.closed_at:
        return f"{day}, ouverte à {hour_words(facts.opened_at)} et close à {hour_words(facts.closed_at)}"
    if facts.start and facts.end:
        return f"{day}, de {clock_words(facts.start)} à {clock_words(facts.end)}"
    return f"{day}, à {clock_words(facts.start)}" if facts.start else day


def _where(place: str) -> str:
    """« , en ligne », « (Préfecture, salle 2) »: a place that begins a form with a capital begins no sentence here."""
    if place.lower().startswith(("en ", "au ", "à ", "dans ")):
        return f", {place[0].lower()}{place[1:]}"
    return f" ({place})" if place else ""


def _people(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "personne"


def _agenda(points: Sequence[Point]) -> list[Block]:
    if not points:
        return [_said("Aucun ordre du jour n’a été enregistré.")]
    return [OrderedList(tuple(ListItem((_said(_point(point)),)) for point in points))]


def _point(point: Point) -> str:
    if point.is_seen is None:
        return f"{point.words}"
    if not point.is_seen:
        return f"{point.words} (non abordé)"
    minutes = f", {point.minutes} minute{'s' if point.minutes > 1 else ''}" if point.minutes else ""
    return f"{point.words} (abordé{minutes})"


def _meeting_to_come(meeting: Next) -> str:
    at = f" à {clock_words(meeting.time)}" if meeting.time else ""
    return f"Prochaine réunion, {weekday_words(meeting.on)}{at} : {meeting.title}."


# ---------------------------------------------------------------------- decisions


def _decided(on: OnClause) -> tuple[str, list[Block]]:
    """(name, what is said of it): the words, the acts, then the text before and after."""
    blocks: list[Block] = [_said(words) for words in on.words]
    if on.acts:
        blocks.append(_bullets([_act(act) for act in on.acts]))
    if not on.is_compared:
        return on.name, blocks
    if on.before == on.after:
        return on.name, [*blocks, _title(THE_SAME), *_standing(on.after)]
    return on.name, [*blocks, _title(BEFORE), *_standing(on.before), _title(AFTER), *_standing(on.after, now=True)]


def _of_file(words: str) -> tuple[str, list[Block]]:
    return "", [_said(words)]


def _standing(told: Told | None, *, now: bool = False) -> list[Block]:
    """The version, said whose it is, then its own words."""
    if told is None:
        return [_said("Aucun texte n’est plus proposé." if now else NOTHING)]
    whose = f"proposée par {the_name(told.author)}" if told.author else "proposée par la table commune"
    blocks: list[Block] = [Paragraph((Text(f"Version n° {told.number}, {whose} :", frozenset({Mark.ITALIC})),))]
    blocks += parse(told.text)
    return [*blocks, _said(f"Valeur : {told.value}.")] if told.value else blocks


def _act(act: Act) -> str:
    on = f"la version n° {act.version}" if act.version else "le texte"
    number = f", version n° {act.version}" if act.version else ""
    by, at = _signed(act.who), hour_words(act.at)
    said = {
        Move.ACCEPTANCE: f"Accord {by} sur {on}, à {at}",
        Move.PROPOSAL: f"Proposition {by}{number}, à {at}",
        Move.COUNTER_PROPOSAL: f"Contre-proposition {by}{number}, à {at}",
        Move.REJECTION: f"Refus {by} sur {on}, à {at}",
        Move.WITHDRAWAL: f"Retrait {by}{number}, à {at}",
        Move.RESERVE_LIFTED: f"Réserve levée : {_whose(act.who)}, à {at}",
        Move.RESERVE_MAINTAINED: f"Réserve maintenue au contrat : {_whose(act.who)}, à {at}",
        Move.REOPENING: f"Demande de réouverture {by}, à {at}",
        Move.REOPENING_CONSENT: f"Consentement {by} à la réouverture, à {at}",
        Move.ABANDONMENT: f"Demande d’abandon {by}, à {at}",
        Move.ABANDONMENT_CONSENT: f"Consentement {by} à l’abandon, à {at}",
        Move.CONCERNED_CHANGE: f"Demande {by} de changer les parties concernées, à {at}",
        Move.CONCERNED_CONSENT: f"Consentement {by} à changer les parties concernées, à {at}",
        Move.REQUEST_REFUSAL: f"Demande refusée : {_whose(act.who)}, à {at}",
        Move.REQUEST_WITHDRAWAL: f"Demande retirée : {_whose(act.who)}, à {at}",
    }[act.move]
    added = "Précision" if act.move is Move.ACCEPTANCE else "Motif"
    return f"{said}. {added} : {_sentence(act.words)}" if act.words else f"{said}."


def _reserves(reserves: Sequence[Said]) -> list[Block]:
    if not reserves:
        return [_said("Aucune réserve n’a été enregistrée.")]
    return [_bullets([f"Réserve{_from(each)}{_about(each.about)} : {_sentence(each.words)}" for each in reserves])]


def _tasks(tasks: Sequence[Said]) -> list[Block]:
    if not tasks:
        return [_said("Aucune action n’a été enregistrée.")]
    head: tuple[Inlines, ...] = tuple((Text(words),) for words in ("Action", "Qui", "Pour le"))
    return [Table((head, *(_task(task) for task in tasks)))]


def _task(task: Said) -> tuple[Inlines, ...]:
    about = f" ({task.about})" if task.about else ""
    owner = _whose(task.owner) if task.owner else "à désigner"
    due = day_words(task.due_on) if task.due_on else "sans échéance"
    return tuple((Text(" ".join(words.split())),) for words in (f"{task.words}{about}", owner, due))


def _question(said: Said) -> str:
    return f"Question{_from(said)}{_about(said.about)} : {_sentence(said.words)}"


def _for_copil(said: Said) -> str:
    what = " : ".join(" ".join(each.split()) for each in (said.about, said.words) if each)
    return f"Noté par {_named(said.who)}. {_sentence(what)}" if said.who else _sentence(what)


_KINDS = {
    DecisionKind.AGREEMENT: "Accord",
    DecisionKind.RESERVE: "Réserve",
    DecisionKind.QUESTION: "Question",
    DecisionKind.TASK: "Action à faire",
    DecisionKind.SENT_TO_COPIL: "Renvoi au COPIL",
}
_REASONS = {
    Unbound.TEXT_CHANGED: "une autre version était sur la table",
    Unbound.NOT_ENTITLED: "la personne ne pouvait plus engager seule sa partie",
    Unbound.NOT_POSSIBLE: "la clause ne le permettait plus",
    Unbound.NOT_CONFIRMED: "sa partie ne l’avait pas confirmé à la clôture",
}


def _failure(failed: Failed) -> str:
    by = f" {_signed(failed.who)}" if failed.who else ""
    words = f" « {' '.join(failed.words.split())} »" if failed.words else ""
    return f"{_KINDS[failed.kind]}{by}{_about(failed.about)}{words} : sans effet, car {_REASONS[failed.reason]}."


# ---------------------------------------------------------------------- words


def _named(who: Who) -> str:
    """« le Département (chef du service) », after « par »."""
    return f"{the_name(who.party)} ({_inside(who.person)})" if who.person else the_name(who.party)


def _whose(who: Who) -> str:
    """« Département (chef du service) », for a table or after a colon."""
    return f"{who.party} ({_inside(who.person)})" if who.person else who.party


def _signed(who: Who) -> str:
    """« de l’ARS (responsable parcours handicap) »."""
    return f"{of_name(who.party)} ({_inside(who.person)})" if who.person else of_name(who.party)


def _from(said: Said) -> str:
    return f" {_signed(said.who)}" if said.who else ""


def _about(name: str) -> str:
    return f" sur {name}" if name else ""


def _inside(title: str) -> str:
    """A title begins a form with a capital, and no sentence; « DAF » and names with two capitals stay."""
    first, _, _ = title.partition(" ")
    return title[:1].lower() + title[1:] if first[1:].islower() or len(first) == 1 else title


def _sentence(words: str) -> str:
    """On one line, with its full stop."""
    line = " ".join(words.split())
    return line if line.endswith((".", "!", "?", "…", "»")) else f"{line}."


def _label(words: str, *, after: str = "") -> str:
    """On one line and no longer than a name may be; `after` is kept whole."""
    line, most = " ".join(words.split()), LONGEST_LABEL - len(after)
    return f"{line if len(line) <= most else f'{line[: most - 1].rstrip()}…'}{after}"


def _said(words: str) -> Paragraph:
    return Paragraph((Text(" ".join(words.split(" ")).replace("\n", " ")),))


def _title(words: str) -> Paragraph:
    return Paragraph((_bold(words),))


def _bold(words: str) -> Text:
    return Text(words, frozenset({Mark.BOLD}))


def _bullets(lines: Iterable[str]) -> BulletList:
    return BulletList(tuple(ListItem((_said(line),)) for line in lines))
