"""Fixtures every test may use. Services (event store, PostgreSQL, Valkey, browser) live in tests/services/."""

pytest_plugins = ["tests.services.store"]
