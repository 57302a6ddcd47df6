"""What every integration test stands on."""

from sqlalchemy import make_url, text

from negotiation.store import Store, connect_store


def test_each_test_starts_on_an_empty_migrated_database(store: Store) -> None:
    with store.reading() as session:
        assert session.execute(text("SELECT count(*) FROM negotiation")).scalar_one() == 0


def test_the_database_of_the_tests_is_as_safe_as_that_of_a_user(database_url: str) -> None:
    opened = connect_store(database_url)
    opened.assert_safe()
    opened.engine.dispose()


def test_the_address_names_the_kind_of_database_under_test(database_url: str, request) -> None:
    kind = request.node.callspec.params["database_url"].lower()
    assert make_url(database_url).get_backend_name() == kind
