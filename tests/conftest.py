"""Fixtures every test may use. Services (event store, PostgreSQL, Valkey, browser) live in tests/services/."""
