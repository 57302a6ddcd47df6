"""Organisations as a French sentence names them."""

import pytest

from negotiation.rules.french_names import for_name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Fondation Orlinde", "pour la Fondation Orlinde"),
        ("Département de la Haute-Vyre", "pour le Département de la Haute-Vyre"),
        ("ARS Val-de-Loire", "pour l’ARS Val-de-Loire"),
        ("État", "pour l’État"),
        ("Société coopérative Aune", "pour la Société coopérative Aune"),
        ("L'Association des Rives", "pour l'Association des Rives"),
        ("La Maison bleue", "pour la Maison bleue"),
        ("Orlinde", "pour\u00a0: Orlinde"),
        ("Les Aubépines", "pour les Aubépines"),
        ("Lavande", "pour\u00a0: Lavande"),
    ],
)
def test_who_signs_for_a_party_has_its_article_or_a_colon_where_nobody_knows_it(name: str, said: str) -> None:
    assert for_name(name) == said
