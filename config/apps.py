"""The room `config`: wiring, and checks of settings against each other."""

from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401 (registers itself; needs the apps loaded)
