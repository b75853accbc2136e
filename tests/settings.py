"""Settings of the test run: what the caller has in the environment does not reach a test."""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text())
DIRECTORY = tempfile.mkdtemp(prefix="polymeter-tests-")

for name in NAMES:
    os.environ.pop(name, None)
    os.environ.pop(f"{name}_FILE", None)
os.environ["DATA_DIR"] = DIRECTORY
if database := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = database
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"  # for the processes that tests start
atexit.register(shutil.rmtree, DIRECTORY, ignore_errors=True)

from config.settings import *  # noqa: E402, F403
