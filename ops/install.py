"""Make .venv in the checkout from the Python that runs this file; does nothing when the lock has not changed."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NEEDED = (3, 11)
STAMPS = {"run": VENV / "installed-run", "dev": VENV / "installed-dev"}
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}


def fingerprint(kind: str) -> str:
    """One hash over everything that decides what .venv holds: the lock, the SDK's metadata, the Python."""
    parts = (LOCKS[kind].read_bytes(), (ROOT / "sdk/pyproject.toml").read_bytes(), str(ROOT).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def installed(kind: str) -> bool:
    """The development lock holds every line of the run lock, so a `dev` stamp also answers for `run`."""
    enough = ("dev",) if kind == "dev" else ("run", "dev")
    return PYTHON.exists() and any(STAMPS[k].exists() and STAMPS[k].read_text() == fingerprint(k) for k in enough)


def call(*argv: str) -> None:
    """Run one command; end with its own words and one line of ours when it fails."""
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    if subprocess.run(argv, env=os.environ | quiet, check=False).returncode:
        sys.exit(f"install: this command failed: {' '.join(argv)}")


def make_venv() -> None:
    """Create .venv, or say which package brings the missing module."""
    try:
        import ensurepip  # noqa: F401 (Debian ships it apart)
        import venv  # noqa: F401
    except ImportError:
        sys.exit("install: this Python has no venv module. On Debian or Ubuntu: apt-get install python3-venv")
    call(sys.executable, "-m", "venv", str(VENV))


def install(kind: str) -> None:
    """Install the locked packages, then the SDK from this checkout."""
    print(f"Installing into {VENV} (once, and again only when {LOCKS[kind].name} changes) ...", flush=True)
    pip = (str(PYTHON), "-m", "pip", "install", "--quiet")
    call(*pip, "--require-hashes", "--requirement", str(LOCKS[kind]))
    call(*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT / "sdk"))
    STAMPS[kind].write_text(fingerprint(kind))


def main() -> None:
    if sys.version_info < NEEDED:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"install: Python 3.11 or newer is needed, this is {found}. Name another one: make PYTHON=python3.12")
    kind = "dev" if "--dev" in sys.argv[1:] else "run"
    if installed(kind):
        return
    if not PYTHON.exists():
        make_venv()
    install(kind)


if __name__ == "__main__":
    main()
