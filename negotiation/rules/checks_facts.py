"""What the points of vigilance look at: small values, named as in the scenario format, in canonical form.

Ids, codes and choices are strings, "" when nothing is there; dates ISO; numbers decimal strings; amounts whole cents;
years the keys of cells, « 2028 ». Who builds them gives what stands on the table, read by one reader's eyes: what was
withdrawn is left out. Source: domain reference 5.2 to 5.8, scenario format.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

Numbers = Mapping[str, str | None]
"""Decimal string by year."""
Cents = Mapping[str, int | None]
"""Amount by year."""


@dataclass(frozen=True)
class FindingFacts:
    id: str


@dataclass(frozen=True)
class DatumFacts:
    """A datum of the diagnosis. `status`: proposed, questioned, validated, contested."""

    id: str
    label: str = ""
    unit: str = ""
    status: str = ""
    values: Numbers = field(default_factory=dict)


@dataclass(frozen=True)
class Capacity:
    kind: str
    places: int


@dataclass(frozen=True)
class EssmsFacts:
    id: str
    total_places: int = 0
    capacity: tuple[Capacity, ...] = ()
    funder_party_ids: tuple[str, ...] = ()
    authorised_until: str = ""


@dataclass(frozen=True)
class ArticleFacts:
    id: str
    code: str = ""
    title: str = ""
    section: str = ""
    markdown: str = ""


@dataclass(frozen=True)
class IncompleteFacts:
    """A part whose texts, on the table or agreed, still hold placeholders. `labels`: names of its clauses."""

    id: str
    labels: tuple[str, ...]
    placeholders: tuple[str, ...]


@dataclass(frozen=True)
class StrategicObjectiveFacts:
    id: str
    number: str = ""
    title: str = ""
    theme: str = ""
    finding_ids: tuple[str, ...] = ()
    essms_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class SmartFacts:
    specific: str = ""
    measurable: str = ""
    achievable: str = ""
    relevant: str = ""
    time_bound: str = ""


@dataclass(frozen=True)
class OperationalObjectiveFacts:
    """Its fiches name it: `FicheFacts.operational_objective_id`."""

    id: str
    number: str = ""
    title: str = ""
    strategic_objective_id: str = ""
    smart: SmartFacts = SmartFacts()


@dataclass(frozen=True)
class Step:
    n: str
    title: str = ""
    due: str = ""


@dataclass(frozen=True)
class FicheFacts:
    """Its funding lines name it: `LineFacts.fiche_action_id`. `indicator_ids`: those under it and those it shares."""

    id: str
    code: str = ""
    title: str = ""
    operational_objective_id: str = ""
    essms_ids: tuple[str, ...] = ()
    context: str = ""
    description: str = ""
    target_public: str = ""
    steps: tuple[Step, ...] = ()
    start_date: str = ""
    due_date: str = ""
    pilot: str = ""
    human_means: str = ""
    material_means: str = ""
    indicator_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Baseline:
    year: str = ""
    value: str | None = None


@dataclass(frozen=True)
class IndicatorFacts:
    """`kind`: moyen, activite, realisation, resultat. `direction`: up, down, stable. `added_on`: when it came on
    the table, empty while it is inside; `agreed_on`: when all that was put forth of it was agreed, empty until then."""

    id: str
    code: str = ""
    title: str = ""
    kind: str = ""
    definition: str = ""
    formula: str = ""
    unit: str = ""
    direction: str = ""
    source: str = ""
    reference: str = ""
    baseline: Baseline = Baseline()
    targets: Numbers = field(default_factory=dict)
    final_target: str | None = None
    added_on: str = ""
    agreed_on: str = ""

    def targets_given(self) -> list[tuple[str, str]]:
        """(year, target) in order, without the years that have none."""
        return sorted((year, value) for year, value in self.targets.items() if value is not None)


@dataclass(frozen=True)
class LineFacts:
    """`nature`: perenne, non_perenne. `kind`: recette, charge, economie, investissement."""

    id: str
    code: str = ""
    label: str = ""
    fiche_action_id: str = ""
    funder_party_id: str = ""
    essms_id: str = ""
    nature: str = ""
    kind: str = ""
    amounts: Cents = field(default_factory=dict)


@dataclass(frozen=True)
class Caps:
    """Settings of a table. Defaults: domain reference V01, V07, V08."""

    years: int = 5
    years_with_extension: int = 6
    indicators: int = 12
    strategic_objectives: int = 6
    operational_objectives: int = 12


@dataclass(frozen=True)
class Required:
    """What the type of contract demands: data of its template (V21 to V23), empty when it demands nothing.

    Each word is looked for among the codes, themes, references and titles of the parts, accents and capitals apart.
    """

    sections: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    activity_indicators: int = 0
    """Fewest indicators of activity once there is one: 2 for handicap."""


@dataclass(frozen=True)
class ContractFacts:
    """A contract as it stands."""

    id: str = ""
    contract_start: str = ""
    contract_end: str = ""
    extension_months_max: int = 0
    authority_ids: frozenset[str] = frozenset()
    essms: tuple[EssmsFacts, ...] = ()
    articles: tuple[ArticleFacts, ...] = ()
    findings: tuple[FindingFacts, ...] = ()
    data: tuple[DatumFacts, ...] = ()
    strategic_objectives: tuple[StrategicObjectiveFacts, ...] = ()
    operational_objectives: tuple[OperationalObjectiveFacts, ...] = ()
    fiches: tuple[FicheFacts, ...] = ()
    indicators: tuple[IndicatorFacts, ...] = ()
    lines: tuple[LineFacts, ...] = ()
    incomplete: tuple[IncompleteFacts, ...] = ()
    caps: Caps = Caps()
    required: Required = Required()

    def years(self) -> tuple[str, ...]:
        """The contract years; none without both dates in order."""
        if not self.contract_start or not self.contract_end or self.contract_start > self.contract_end:
            return ()
        first, last = date.fromisoformat(self.contract_start), date.fromisoformat(self.contract_end)
        return tuple(str(year) for year in range(first.year, last.year + 1))

    def indicators_agreed_on(self) -> str:
        """The last day on which every indicator then on the table was agreed; empty when there was none.

        What joins the list later is late until it is agreed too: the list agreed is then the longer one.
        """
        listed = [one for one in self.indicators if one.added_on]
        days = sorted({one.agreed_on for one in listed if one.agreed_on}, reverse=True)
        agreed = (day for day in days if all("" < one.agreed_on <= day for one in listed if one.added_on <= day))
        return next(agreed, "")

    def fiches_of(self, operational_id: str) -> tuple[FicheFacts, ...]:
        return tuple(fiche for fiche in self.fiches if fiche.operational_objective_id == operational_id)

    def indicators_of(self, fiche: FicheFacts) -> tuple[IndicatorFacts, ...]:
        return tuple(indicator for indicator in self.indicators if indicator.id in fiche.indicator_ids)

    def lines_of(self, fiche: FicheFacts) -> tuple[LineFacts, ...]:
        return tuple(line for line in self.lines if line.fiche_action_id == fiche.id)
