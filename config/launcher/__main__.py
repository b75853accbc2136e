"""`make run`: check the ground, make the stores ready, start every part, and stop them in order."""

import sys

from django.core.exceptions import ImproperlyConfigured

from config.launcher.preflight import RefusedError


def main() -> int:
    try:
        # Settings are read on import, so it stands here: a bad value is one line, not a traceback.
        from config.launcher.launch import launch

        return launch()
    except (RefusedError, ImproperlyConfigured) as exc:
        print(f"Polymeter cannot start: {exc}", file=sys.stderr, flush=True)
        return 2
    except KeyboardInterrupt:  # before anything was started
        return 130


if __name__ == "__main__":
    sys.exit(main())
