"""The words of a relevé: French sentences from facts, and nothing that no record says."""

from datetime import UTC, date, datetime

import pytest

from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.french_names import clock_words, of_name, the_name, to_name, weekday_words
from negotiation.rules.minutes import passages
from negotiation.rules.minutes_facts import Act, Facts, Failed, Next, OnClause, Point, Present, Said, Told, Who
from negotiation.rules.minutes_reading import before_after
from negotiation.rules.seances import DecisionKind, Unbound
from negotiation.rules.vocabulary import Move

AT = datetime(2026, 7, 9, 8, 15, tzinfo=UTC)
ARS = Who("ARS", "Responsable parcours handicap")
A_DAY = date(2026, 7, 9)


def told(**facts: object) -> dict[str, str]:
    """The passages of a séance by key."""
    return {each.key: each.text for each in passages(Facts("Co-rédaction 2", A_DAY, **facts))}  # type: ignore[arg-type]


def decided(**facts: object) -> str:
    return told(clauses=(OnClause("EN05, Sorties", **facts),))["decision.1"]  # type: ignore[arg-type]


def test_a_seance_is_told_with_its_day_its_hours_and_its_people() -> None:
    said = told(
        opened_at=AT,
        closed_at=AT.replace(hour=10),
        place="En ligne",
        chair=ARS,
        people=(Present("ARS", ("Responsable",)), Present("Département", (), ("Tarificatrice",))),
    )["seance"]
    assert "Séance du jeudi 9 juillet 2026, ouverte à 10\u00a0h\u00a015 et close à 12\u00a0h\u00a015, en ligne." in said
    assert "Animée par l’ARS (responsable parcours handicap)." in said
    assert "- **Département** : personne" in said
    assert "Attendus, non présents : Tarificatrice (Département)." in said


def test_what_is_unknown_is_left_out() -> None:
    found = told()
    assert found["seance"] == "Séance du jeudi 9 juillet 2026.\n\nAucune présence n’a été enregistrée."
    assert list(found) == ["seance", "ordre-du-jour", "decisions", "reserves", "actions"]


def test_an_agreement_names_its_party_its_person_and_its_version() -> None:
    said = decided(acts=(Act(Move.ACCEPTANCE, ARS, AT, 3),))
    assert "Accord de l’ARS (responsable parcours handicap) sur la version n° 3, à 10\u00a0h\u00a015." in said


def test_a_passage_reads_side_by_side_until_its_parties_write_it_otherwise() -> None:
    first, second = Told(1, "Orlinde", "Un **travailleur**."), Told(2, "ARS", "- deux\n- trois", "94 %")
    text = decided(acts=(Act(Move.ACCEPTANCE, ARS, AT, 2),), before=first, after=second)
    read = before_after(text)
    assert read is not None
    assert read.told.startswith("- Accord de l’ARS") and read.by == "l’ARS"
    assert "Un **travailleur**." in read.before and "- trois" not in read.before
    assert "- trois" in read.after and "Valeur : 94 %." in read.after
    assert "Avant la séance" not in read.told + read.before + read.after
    for changed in (text.replace("**Après**", "Ensuite"), text.replace("**Avant la séance**\n\n", ""), ""):
        assert before_after(changed) is None


def test_before_and_after_stand_apart_and_one_text_is_told_once() -> None:
    first, second = Told(1, "Orlinde", "Un **travailleur**."), Told(2, None, "- deux\n- trois", "94 %")
    changed, same = decided(before=first, after=second), decided(before=second, after=second)
    assert changed.index("Avant la séance") < changed.index("Un **travailleur**.") < changed.index("**Après**")
    assert "proposée par la table commune" in changed
    assert "Valeur : 94 %." in changed
    assert "Avant la séance" not in same
    assert same.count("- deux") == 1
    assert "Aucun texte n’était proposé." in decided(after=first)
    assert "Aucun texte n’est plus proposé." in decided(before=first)


def test_words_stay_words_whatever_markdown_they_look_like() -> None:
    odd = "1. # *Pas un titre* | [lien](x)\n\nsuite"
    found = told(decisions=(odd,), tasks=(Said(odd, owner=ARS),), points=(Point(odd, is_seen=False),))
    for text in found.values():
        assert canonical_markdown(text) == text
        assert "\n# " not in text
    assert found["actions"].count("\n") == 2


def test_each_kind_of_decision_has_its_list() -> None:
    found = told(
        reserves=(Said("sous réserve du vote", about="EN05, Sorties", who=ARS),),
        tasks=(Said("Chiffrer", owner=Who("Orlinde", "DAF"), due_on=date(2026, 9, 1)),),
        questions=(Said("Qui finance ?", who=ARS),),
        to_copil=(Said("", about="EN02, File active", who=ARS),),
        failed=(Failed(DecisionKind.AGREEMENT, Unbound.TEXT_CHANGED, about="EN03", who=ARS),),
        next=Next("COPIL 3", date(2026, 9, 15), "14:00"),
    )
    who = "l’ARS (responsable parcours handicap)"
    assert found["reserves"] == f"- Réserve de {who} sur EN05, Sorties : sous réserve du vote."
    assert "| Chiffrer | Orlinde (DAF) | 1er septembre 2026 |" in found["actions"]
    assert found["questions"] == f"- Question de {who} : Qui finance ?"
    assert found["copil"] == f"- Noté par {who}. EN02, File active."
    assert found["sans-effet"].endswith("sur EN03 : sans effet, car une autre version était sur la table.")
    assert found["suite"] == "Prochaine réunion, mardi 15 septembre 2026 à 14\u00a0h : COPIL 3."


@pytest.mark.parametrize("facts", [{"reserves": (Said("du vote"),)}, {"questions": (Said("Qui paie ?"),)}])
def test_what_was_decided_elsewhere_isnt_denied(facts: dict[str, tuple[Said, ...]]) -> None:
    """A réserve, a question, an action, what goes to the COPIL are decisions of the séance too."""
    assert told()["decisions"] == "Aucune décision n’a été enregistrée."
    assert told(**facts)["decisions"] == "Aucun accord n’a été enregistré ; ce qui a été décidé d’autre suit."


@pytest.mark.parametrize(("words", "times"), [("a" * 2_000, 140), ("[" * 2_000, 3), ("[\u0113\u0323" * 660, 4)])
def test_what_is_too_long_for_one_passage_goes_on_in_the_next(words: str, times: int) -> None:
    """Two thousand characters are a decision; two thousand brackets are all that a clause may have."""
    said = tuple(Said(words, about="EN03, [" + "[" * 150, who=ARS) for _ in range(times))
    written = passages(Facts("Co-rédaction 2", A_DAY, reserves=said))
    pieces = [each for each in written if each.key.split(".")[0] == "reserves"]
    assert [each.label for each in pieces][:2] == ["Réserves", "Réserves (suite 2)"]
    assert all(canonical_markdown(each.text) == each.text for each in pieces)
    sign = words[0]
    assert sum(each.text.count(sign) for each in pieces) >= times * words.count(sign)


def test_no_list_of_a_relevé_is_too_long_for_it() -> None:
    signs = "[" * 200
    found = told(
        tasks=tuple(Said(signs, owner=Who(signs)) for _ in range(12)),
        points=tuple(Point(signs, is_seen=False) for _ in range(15)),
        people=(Present("ARS", tuple(signs for _ in range(15)), tuple(signs for _ in range(15))),),
    )
    assert {"seance.suite.2", "ordre-du-jour.suite.2", "actions.suite.2"} <= found.keys()
    assert found["ordre-du-jour.suite.2"].startswith("8. "), "points keep their numbers"
    assert found["actions.suite.2"].startswith("| Action | Qui | Pour le |")


def test_names_take_their_article() -> None:
    assert [the_name(each) for each in ("ARS", "Département", "Orlinde")] == ["l’ARS", "le Département", "Orlinde"]
    assert [of_name(each) for each in ("ARS", "Département", "Orlinde", "Rive-Ambrelle")] == [
        "de l’ARS",
        "du Département",
        "d’Orlinde",
        "de Rive-Ambrelle",
    ]
    assert to_name("Département") == "au Département"
    assert clock_words("09:05") == "9\u00a0h\u00a005"
    assert clock_words("vers 9 heures") == "vers 9 heures"
    assert weekday_words(date(2027, 8, 1)) == "dimanche 1er août 2027"
