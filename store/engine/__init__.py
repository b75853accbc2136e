"""The embedded engine behind ClickHouse's HTTP protocol. Only this package imports chdb, and only `manage.py store` runs it."""
