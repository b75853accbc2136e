"""Prompts and answers of the demo shop: short, harmless, varied, put together from templates."""

from random import Random
from typing import Any, Final

from ingest.demo.world import Work

PRODUCTS: Final = (
    "walnut desk", "linen lamp", "garden chair", "copper kettle", "wool blanket", "oak shelf", "enamel mug",
    "travel kettle", "reading light", "folding table", "rain jacket", "bread knife", "cork board", "plant stand",
)  # fmt: skip
PROBLEMS: Final = (
    "arrived with a scratched edge", "has not arrived yet", "was delivered twice", "misses two screws",
    "has the wrong colour", "stopped working after a week", "needs a new invoice", "should go to another address",
    "is out of stock although I paid", "came without its manual",
)  # fmt: skip
NAMES: Final = ("Ada", "Bo", "Chen", "Dina", "Emil", "Fatou", "Goran", "Hana", "Ivo", "Jun", "Kaia", "Liam")
REMEDIES: Final = (
    "A replacement leaves our warehouse tomorrow; you need not send the old one back.",
    "I have asked the carrier for a trace and will write again within two days.",
    "I have refunded the amount; it should be on your account by Friday.",
    "The missing parts are on their way, free of charge.",
    "I have corrected the address, and the parcel is with the carrier again.",
    "Here is the new invoice. Please tell me if anything else is wrong with it.",
)
OPENINGS: Final = ("Thank you for writing", "I am sorry about the trouble", "Thanks for letting us know")
WISHES: Final = ("for a small room", "as a gift", "in blue", "under 80 euros", "that folds", "for outdoors")
LABELS: Final = ("delivery", "damage", "refund", "invoice", "stock", "address")
LANGUAGES: Final = ("German", "French", "Polish", "Japanese", "Spanish", "Czech")
TRANSLATED: Final = (
    "Vielen Dank für Ihre Nachricht. Der Ersatz ist unterwegs.",
    "Merci pour votre message. Le remplacement est déjà en route.",
    "Dziękujemy za wiadomość. Nowa przesyłka jest już w drodze.",
    "ご連絡ありがとうございます。交換品を発送しました。",
    "Gracias por su mensaje. El reemplazo ya está en camino.",
    "Děkujeme za zprávu. Náhrada je na cestě.",
)
SYSTEM: Final = {
    "classify_ticket": "Sort the ticket into one of: delivery, damage, refund, invoice, stock, address. One word.",
    "order_lookup": "Find the order that the customer means and return its number, date and carrier.",
    "support_reply": "You answer customers of a home goods shop. Be warm, short and concrete. Never promise a date.",
    "summarize_thread": "Summarise the thread for a colleague: what happened, what was promised, what is open.",
    "extract_invoice": "Extract number, date, currency, net, tax and total from the invoice. JSON only.",
    "translate_reply": "Translate the reply. Keep names, numbers and tone.",
    "product_copy": "Write two sentences of product copy. No superlatives.",
    "code_review": "Review the diff: correctness first, then names. At most five remarks.",
    "idea_lab": "Think of something the shop has not tried.",
    "market_brief": "Write a one-page market brief.",
}
ALPHABETS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"

Texts = tuple[Any, Any, list[dict[str, Any]] | None]
"""Input, output and tool calls."""


def order(rng: Random) -> str:
    return f"{rng.choice(ALPHABETS)}{rng.randrange(10_000, 99_999)}"


def texts(work: Work, rng: Random) -> Texts:
    """What was asked and answered."""
    if work.task == "semantic_search":
        return f"{rng.choice(PRODUCTS)} {rng.choice(WISHES)}", None, None
    asked, answered, tools = _TELL[work.task](rng)
    messages = [{"role": "system", "content": SYSTEM[work.task]}, {"role": "user", "content": asked}]
    return messages, answered, tools


def _complaint(rng: Random) -> str:
    return f"Hello, my {rng.choice(PRODUCTS)} (order {order(rng)}) {rng.choice(PROBLEMS)}. {rng.choice(NAMES)}"


def _classify(rng: Random) -> Texts:
    return _complaint(rng), rng.choice(LABELS), None


def _lookup(rng: Random) -> Texts:
    number = order(rng)
    found = {"order": number, "shipped": f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 28):02}", "carrier": "DHL"}
    return f"Which order does this customer mean? {_complaint(rng)}", None, [{"name": "find_order", "arguments": found}]


def _reply(rng: Random) -> Texts:
    name = rng.choice(NAMES)
    return _complaint(rng), f"Dear {name}, {rng.choice(OPENINGS).lower()}. {rng.choice(REMEDIES)}", None


def _summary(rng: Random) -> Texts:
    count, product = rng.randrange(4, 19), rng.choice(PRODUCTS)
    asked = f"[{count} messages about a {product}, oldest first]\n1. {_complaint(rng)}\n2. {rng.choice(REMEDIES)}\n…"
    made = f"- The {product} {rng.choice(PROBLEMS)}.\n- Promised: {rng.choice(REMEDIES)}\n- Open: their answer."
    return asked, made, None


def _invoice(rng: Random) -> Texts:
    net = rng.randrange(1_000, 90_000)
    tax = net // 5
    number = order(rng)
    asked = f"Invoice {number}\n1 x {rng.choice(PRODUCTS)}\nNet {net / 100:.2f} EUR\nVAT 20% {tax / 100:.2f} EUR"
    made = f'{{"number": "{number}", "currency": "EUR", "net": {net / 100:.2f}, "tax": {tax / 100:.2f}}}'
    return asked, made, None


def _translate(rng: Random) -> Texts:
    at = rng.randrange(len(LANGUAGES))
    return f"Into {LANGUAGES[at]}: {rng.choice(OPENINGS)}. {rng.choice(REMEDIES)}", TRANSLATED[at], None


def _copy(rng: Random) -> Texts:
    product = rng.choice(PRODUCTS)
    made = f"A {product} for rooms that are used. It stands where you put it, and it can be mended."
    return f"Product: {product}. Mood: {rng.choice(('calm', 'plain', 'morning', 'workshop'))}.", made, None


def _review(rng: Random) -> Texts:
    line = rng.randrange(10, 400)
    made = f"1. Line {line}: the total is rounded before it is summed.\n2. `tmp` could say what it holds."
    asked = f"diff --git a/cart.py b/cart.py\n@@ -{line},6 +{line},9 @@\n+    total = round(price * count, 2)"
    return asked, made, None


def _lab(rng: Random) -> Texts:
    return "One idea, please.", f"Lend out the {rng.choice(PRODUCTS)} for a week before people buy it.", None


_TELL: Final = {
    "classify_ticket": _classify, "order_lookup": _lookup, "support_reply": _reply, "summarize_thread": _summary,
    "extract_invoice": _invoice, "translate_reply": _translate, "product_copy": _copy, "code_review": _review,
    "idea_lab": _lab,
}  # fmt: skip
