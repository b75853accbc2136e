"""Real services that tests run against, one pytest plugin each."""
