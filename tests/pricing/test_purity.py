"""The web process prices calls without ever loading the catalogue package and its HTTP client."""

import subprocess
import sys

CODE = """
import sys, django
django.setup()
import config.urls, pricing.admin, pricing.catalogue.load, pricing.management.commands.load_catalogue, pricing.snapshot
loaded = {name.partition(".")[0] for name in sys.modules}
sys.exit(f"loaded: {loaded & {'genai_prices', 'httpx2'}}" if loaded & {"genai_prices", "httpx2"} else 0)
"""


def test_the_web_process_never_loads_the_catalogue_package() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
