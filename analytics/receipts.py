"""How a number was made, as a short id: the same question on the same price book has the same one. Pure."""

import hashlib
import json

from analytics.question import Question


def receipt(question: Question, book: int) -> str:
    """Return the id of the question in its canonical form and the version of the price book it was answered with."""
    canonical = json.dumps([question.as_dict(), book], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"r{book}-{hashlib.sha256(canonical.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
