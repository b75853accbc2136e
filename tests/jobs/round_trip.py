"""A job whose effect can be seen from outside. As a program: send one nudge to it, or run `worker` or `beat` knowing it."""

import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from config.celery import app


@app.task(name="tests.touch")
def touch(path: str) -> None:
    """Leave a file behind."""
    Path(path).write_text("ran")


app.conf.beat_schedule["touch"] = {
    "task": "tests.touch",
    "schedule": 1.0,
    "args": [str(Path(app.conf.beat_schedule_filename).with_name("ticked"))],
    "options": {"expires": 1.0},
}

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["nudge", path, expires_s]:
            touch.apply_async((path,), expires=float(expires_s))
        case arguments:
            execute_from_command_line(["manage.py", *arguments])
