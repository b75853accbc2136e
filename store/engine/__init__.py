"""The embedded engine behind ClickHouse's HTTP protocol: the only code that imports chdb."""
