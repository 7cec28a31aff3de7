"""Texts of training: nouns per class, the sentences around them, and the prompts reserved for evaluation.

A phrase is a text with the fine classes it covers; during training it is pulled towards their images and pushed away
from all others. `HELD_OUT` holds every prompt that `evaluate.py` uses: none of them may occur among the phrases.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

NOUNS: dict[str, tuple[str, ...]] = {
    "bank_statement": ("bank statement", "account statement", "statement of account", "list of bank transactions"),
    "prescription": ("prescription", "medical prescription", "doctor's prescription", "prescription for medicine"),
    "business_card": ("business card", "visiting card", "calling card with contact details"),
    "document_page": (
        "page of text",
        "printed page",
        "scanned page of a paper",
        "research paper page",
        "typed document",
        "page from a book",
        "book page",
        "scanned document",
        "article",
        "printed text",
        "photocopy",
        "PDF page",
    ),
    "form_document": (
        "form",
        "filled-in form",
        "questionnaire",
        "application form",
        "tax form",
        "medical form",
        "scanned form with fields",
        "paper form",
    ),
    "handwritten_note": (
        "handwritten note",
        "handwriting on paper",
        "page of handwriting",
        "notebook page",
        "note written by hand",
        "handwritten letter",
        "handwritten text",
        "page of notes",
        "homework",
    ),
    "id_card": (
        "identity card",
        "ID card",
        "driving licence",
        "passport page",
        "membership card",
        "passport",
        "ID document",
    ),
    "invoice": (
        "invoice",
        "bill",
        "commercial invoice",
        "invoice from a company",
        "invoice with a total",
        "utility bill",
        "invoice document",
    ),
    "letter_document": (
        "letter",
        "business letter",
        "official letter",
        "letter on letterhead paper",
        "typed letter",
        "formal letter",
        "cover letter",
    ),
    "slide": (
        "presentation slide",
        "slide",
        "lecture slide",
        "PowerPoint slide",
        "slide from a talk",
        "slide deck page",
        "Keynote slide",
        "title slide",
        "slide with bullet points",
        "presentation",
    ),
    "ticket": (
        "ticket",
        "boarding pass",
        "concert ticket",
        "train ticket",
        "parking ticket",
        "voucher",
        "admission ticket",
    ),
    "whiteboard": (
        "whiteboard",
        "whiteboard with notes",
        "blackboard",
        "flip chart with writing",
        "writing on a board",
        "photo of a whiteboard",
    ),
    "chart": (
        "chart",
        "plot",
        "graph",
        "bar chart",
        "line graph",
        "scatter plot",
        "data visualization",
        "pie chart",
        "statistics chart",
        "infographic with numbers",
        "histogram",
    ),
    "diagram": (
        "diagram",
        "flowchart",
        "technical drawing",
        "schematic",
        "architecture diagram",
        "mind map",
        "flow diagram",
        "network diagram",
        "wiring diagram",
    ),
    "logo_or_icon": (
        "logo",
        "icon",
        "app icon",
        "company logo",
        "emblem",
        "brand mark",
        "symbol on a plain background",
    ),
    "map": ("map", "street map", "world map", "map of a country", "road map", "geographic map"),
    "qr_code": ("QR code", "bar code", "2D code", "barcode", "code to scan", "data matrix code"),
    "table": ("table of numbers", "data table", "spreadsheet table", "table with rows and columns"),
    "comic": (
        "comic",
        "comic strip",
        "cartoon strip with speech bubbles",
        "webcomic",
        "manga page",
        "comic page",
        "comic panels",
    ),
    "illustration_or_painting": (
        "painting",
        "drawing",
        "illustration",
        "cartoon",
        "sketch",
        "artwork",
        "oil painting",
        "pencil drawing",
        "digital art",
        "watercolour",
        "cartoon character",
        "anime picture",
        "hand-drawn sketch",
        "vector illustration",
        "clip art",
    ),
    "meme": (
        "meme",
        "funny meme",
        "internet meme",
        "meme with a caption",
        "joke picture with text",
        "image macro",
        "humorous picture with text on it",
        "joke",
        "reaction picture",
        "picture with white text above and below",
        "viral picture",
        "funny image with big letters",
    ),
    "photo_animal": ("animal", "wild animal", "bird", "insect", "mammal", "reptile", "fish", "creature"),
    "photo_city_building": ("building", "house", "city street", "town", "bridge", "architecture", "skyline"),
    "photo_food": ("meal", "dish", "food", "dinner", "plate of food", "dessert", "recipe dish"),
    "photo_group": ("group of people", "crowd", "several people together", "team", "group of friends"),
    "photo_indoor": ("room", "interior", "kitchen", "bedroom", "living room", "bathroom", "furnished room"),
    "photo_landscape": ("landscape", "mountain", "beach", "nature scene", "sunset", "lake", "scenery", "seashore"),
    "photo_object": ("thing", "object", "tool", "household item", "instrument", "piece of equipment"),
    "photo_people": ("person", "man", "woman", "child", "people outdoors", "somebody doing something"),
    "photo_pet": ("pet", "dog", "cat", "puppy", "kitten", "dog or a cat"),
    "photo_plant_flower": ("plant", "flower", "tree", "blossom", "houseplant"),
    "photo_product": ("product", "item for sale", "product on a white background", "article in a shop"),
    "photo_selfie_portrait": ("selfie", "portrait", "face", "head and shoulders of a person", "portrait of a person"),
    "photo_sport": ("sport", "athlete", "sports match", "game being played", "sportsperson", "competition"),
    "photo_vehicle": ("vehicle", "car", "ship", "motorbike", "airplane", "boat", "truck"),
    "receipt": (
        "receipt",
        "shop receipt",
        "till receipt",
        "cash register receipt",
        "supermarket receipt",
        "sales slip",
        "payment receipt",
        "store receipt",
        "fuel receipt",
        "paper receipt",
        "restaurant receipt",
        "purchase receipt",
    ),
    "chat_screenshot": (
        "chat conversation",
        "messaging app",
        "text message conversation",
        "chat messages",
        "messenger conversation",
    ),
    "code_screenshot": ("source code", "code editor", "program code", "code in an editor", "programming code"),
    "desktop_screenshot": (
        "desktop",
        "computer desktop",
        "desktop application",
        "computer program",
        "desktop with windows",
        "file manager",
        "whole computer screen",
        "program window",
    ),
    "game_screenshot": ("video game", "computer game", "game scene", "gameplay"),
    "phone_screenshot": (
        "phone screen",
        "mobile app",
        "smartphone app",
        "phone app",
        "mobile phone screen",
        "tablet app",
    ),
    "settings_dialog": (
        "settings window",
        "dialog box",
        "preferences window",
        "settings page",
        "options dialog",
        "dialog with buttons",
    ),
    "social_post_screenshot": (
        "social media post",
        "tweet",
        "post on a social network",
        "social feed",
        "online comment",
    ),
    "terminal_screenshot": ("terminal", "command line", "terminal window", "console output", "shell session"),
    "web_page_screenshot": (
        "web page",
        "website",
        "web shop",
        "dashboard",
        "email in a browser",
        "web site in a browser",
        "homepage",
        "online page",
        "browser window",
    ),
}

COARSE: dict[str, tuple[str, ...]] = {
    "document": (
        "document",
        "scanned paper",
        "paper document",
        "piece of paper with text",
        "office document",
        "document scan",
        "official document",
        "letter, form or page",
        "papers",
        "written document",
        "text document",
    ),
    "graphic": (
        "graphic",
        "computer-generated graphic",
        "information graphic",
        "infographic",
        "chart, map or logo",
        "vector graphic",
        "graphic with shapes",
        "logo or chart",
    ),
    "illustration": (
        "illustration",
        "drawing or painting",
        "work of art",
        "cartoon or drawing",
        "hand-drawn picture",
        "piece of art",
        "drawn picture",
        "comic or painting",
    ),
    "meme": ("meme", "funny picture with text", "joke with a caption", "meme from the internet"),
    "photo": (
        "photograph",
        "photo",
        "snapshot",
        "camera picture",
        "real photo",
        "picture taken with a camera",
        "real place",
        "person or place",
        "natural image",
        "holiday photo",
        "everyday photo",
        "object, a person or a place",
        "picture of the real world",
    ),
    "receipt": ("receipt", "proof of payment", "till slip", "purchase receipt", "printed receipt"),
    "screenshot": (
        "screenshot",
        "screen capture",
        "screengrab",
        "screen shot",
        "user interface",
        "computer screen",
        "app interface",
        "software window",
        "graphical user interface",
        "screenshot of an app",
        "captured screen",
        "screenshot from a phone",
        "screenshot from a computer",
        "picture of a screen",
    ),
}

GROUPS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("receipt", "invoice"),
        (
            "receipt or invoice",
            "invoice or receipt",
            "bill or receipt",
            "proof of purchase",
            "expense document",
            "receipts and bills",
            "paper with prices and a total",
        ),
    ),
    (("phone_screenshot", "chat_screenshot"), ("screenshot of a phone", "phone screenshot", "mobile screenshot")),
    (("photo_people", "photo_group", "photo_selfie_portrait", "photo_sport"), ("people", "human beings", "persons")),
    (("photo_animal", "photo_pet"), ("animals", "animal or pet")),
    (("photo_city_building", "photo_landscape"), ("place", "outdoor scene", "travel picture")),
    (("photo_object", "photo_product", "photo_vehicle"), ("objects", "man-made object")),
    (
        ("document_page", "form_document", "letter_document", "invoice", "bank_statement", "prescription"),
        ("office paperwork", "A4 page", "paperwork"),
    ),
    (("prescription", "form_document"), ("medical document", "medical paperwork", "doctor's paper")),
    (("invoice", "bank_statement"), ("financial document", "bank or billing document", "finance paper")),
    (("handwritten_note", "whiteboard"), ("handwriting", "notes written by hand", "something written by hand")),
    (("business_card", "id_card", "ticket"), ("card or ticket", "small printed card", "card")),
    (("comic", "illustration_or_painting"), ("cartoon or comic", "drawn art")),
    (("chart", "diagram", "table"), ("figure from a report", "data graphic")),
    (("code_screenshot", "terminal_screenshot"), ("screenshot of code or a terminal", "developer screenshot")),
)

FOREIGN = {  # words of other languages for a fine or coarse class, used unchanged
    "screenshot": ("Bildschirmaufnahme", "Bildschirmkopie", "capture d'écran", "captura de pantalla", "captura de tela",
                   "schermafbeelding", "schermata", "zrzut ekranu", "skärmbild", "skjermbilde", "snímek obrazovky"),
    "receipt": ("Kassenbon", "Kassenzettel", "Quittung", "Beleg", "ticket de caisse", "reçu", "recibo", "scontrino",
                "kassabon", "paragon", "kvitto"),
    "invoice": ("Rechnung", "facture", "factura", "fattura", "factuur", "fatura", "faktura"),
    "photo": ("Foto", "Fotografie", "photographie", "fotografía", "fotografia", "zdjęcie", "Urlaubsfoto"),
    "document": ("Dokument", "Schriftstück", "Unterlagen", "documento", "papiers", "dokument", "documenten"),
    "handwritten_note": ("Notiz", "Handschrift", "handschriftliche Notiz", "note manuscrite", "nota manuscrita"),
    "letter_document": ("Brief", "Schreiben", "lettre", "carta", "lettera"),
    "form_document": ("Formular", "Antrag", "formulaire", "formulario", "modulo"),
    "prescription": ("Rezept vom Arzt", "ordonnance", "receta médica", "ricetta medica"),
    "bank_statement": ("Kontoauszug", "relevé de compte", "extracto bancario", "estratto conto"),
    "slide": ("Präsentationsfolie", "Folie", "diapositive", "diapositiva"),
    "ticket": ("Fahrkarte", "Eintrittskarte", "billet", "biglietto"),
    "id_card": ("Ausweis", "Personalausweis", "carte d'identité", "documento de identidad"),
    "chart": ("Diagramm", "graphique", "gráfico", "grafico"),
    "map": ("Landkarte", "Stadtplan", "carte géographique", "mapa"),
    "illustration": ("Zeichnung", "Gemälde", "dessin", "dibujo", "disegno", "Illustration"),
    "meme": ("Witzbild", "mème", "image drôle", "imagen graciosa"),
}  # fmt: skip

OF_PHOTO = (
    "a photo of a {}",
    "a picture of a {}",
    "{}",
    "a {}",
    "an image of a {}",
    "a photograph of a {}",
    "{} photo",
    "a snapshot of a {}",
    "a close-up of a {}",
    "{}s",
    "photos of {}s",
    "the {}",
)
OF_PAPER = (
    "a photo of a {}",
    "a scan of a {}",
    "{}",
    "a {}",
    "a picture of a {}",
    "a scanned {}",
    "an image of a {}",
    "{}s",
    "a crumpled {}",
    "the {}",
    "a {} on a table",
    "a {} saved as an image",
)
OF_SCREEN = (
    "a screenshot of a {}",
    "a screen capture of a {}",
    "{}",
    "a {}",
    "{} screenshot",
    "an image of a {}",
    "a screenshot showing a {}",
    "a captured {}",
    "{} on a screen",
    "screenshots of {}s",
)
OF_PICTURE = (
    "{}",
    "a {}",
    "an image of a {}",
    "a picture of a {}",
    "{}s",
    "the {}",
    "{} image",
    "a {} saved from the web",
    "a picture showing a {}",
    "a file with a {}",
)
TEMPLATES = {
    "photo": OF_PHOTO,
    "receipt": OF_PAPER,
    "document": OF_PAPER,
    "screenshot": OF_SCREEN,
    "graphic": OF_PICTURE,
    "illustration": OF_PICTURE,
    "meme": OF_PICTURE,
}
JOINS = (", ", " or ", " and ", " / ", ", or ")
NEGATIONS = (
    "not a {}",
    "no {}",
    "anything but a {}",
    "any image that is not a {}",
    "something other than a {}",
    "everything except a {}",
    "any picture without a {}",
    "an image that does not show a {}",
    "other than {}",
)

HELD_OUT: dict[str, dict[str, tuple[str, ...]]] = {
    # the original script's own three prompts (shared/bench/baseline.py)
    "original": {
        "screenshot": ("a screenshot of a software interface or a screen capture from phone",),
        "receipt": ("a photo of an invoice or a receipt",),
        "other": (
            "a photo of a real-world scene, an object, a person, or any image not fitting the description of a "
            "screenshot, receipt, or invoice",
        ),
    },
    # seven coarse classes in ordinary words
    "coarse": {
        "photo": ("a photo of people, animals, food, things or places",),
        "screenshot": ("a screenshot of a computer or a phone",),
        "receipt": ("a receipt from a shop or restaurant",),
        "document": ("a scanned document, form, letter or slide",),
        "graphic": ("a chart, diagram, map, logo or QR code",),
        "illustration": ("a drawing, painting or comic",),
        "meme": ("a meme with a funny caption",),
    },
    # the same classes in words that share as little as possible with training's
    "coarse_paraphrased": {
        "photo": ("an ordinary shot taken outdoors or at home",),
        "screenshot": ("a grab of what was shown on a display",),
        "receipt": ("a slip a cashier hands over after paying",),
        "document": ("a sheet of writing, printed or by hand",),
        "graphic": ("a visualisation, symbol or signet",),
        "illustration": ("an image that an artist drew or painted",),
        "meme": ("something witty that is shared online to make others laugh",),
    },
}


PHRASINGS = {  # other wordings of the label "screenshot"; the German word does not occur in training
    "plural": ("screenshots",),
    "synonym": ("a screen capture",),
    "German": ("Bildschirmfoto",),
    "German besides": (*HELD_OUT["coarse"]["screenshot"], "Bildschirmfoto"),
}


@dataclass(frozen=True)
class Phrase:
    """A text and the fine classes that it is true of."""

    text: str
    covers: frozenset[str]


def is_held_out(text: str) -> bool:
    """Return whether a prompt is reserved for evaluation, ignoring case."""
    return any(
        text.lower() == p.lower() for labels in HELD_OUT.values() for prompts in labels.values() for p in prompts
    )


def plural(noun: str) -> str:
    """Return the English plural of a noun phrase, formed from its last word; good enough for prompts."""
    if noun.endswith(("s", "people", "men", "food", "scenery", "code", "handwriting", "paper", "text")) or " " in noun:
        return noun
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeiou" else noun + "s"


def fill(template: str, noun: str) -> str:
    """Return the noun in the sentence, with "a" as "an" before a vowel and no article before a plural."""
    if "{}s" in template:
        return template.replace("{}s", plural(noun))
    if (noun.endswith("s") and not noun.endswith("ss")) or noun in {"people", "food", "scenery", "handwriting"}:
        template = template.replace("a {}", "{}")
    elif noun[0] in "aeioAEIO":
        template = template.replace("a {}", "an {}")
    return template.format(noun)


def phrases(classes: dict[str, str], compound: int, rng: random.Random) -> list[Phrase]:
    """Return every noun in every fitting sentence, then `compound` random lists, negations and lists that end in one.

    `classes` maps fine to coarse classes. Held-out prompts are omitted.
    """
    found: dict[str, set[str]] = {}

    def add(nouns: Iterable[str], coarse: str, covers: Iterable[str]) -> None:
        for noun in nouns:
            for template in TEMPLATES[coarse]:
                found.setdefault(fill(template, noun), set()).update(covers)

    everything = frozenset(classes)
    members = {coarse: [f for f, c in classes.items() if c == coarse] for coarse in COARSE}
    topics: list[tuple[tuple[str, ...], str, tuple[str, ...]]]
    topics = [((fine,), coarse, NOUNS[fine]) for fine, coarse in classes.items()]
    topics += [(tuple(members[coarse]), coarse, nouns) for coarse, nouns in COARSE.items() for _ in range(4)]
    topics += [(fines, classes[fines[0]], nouns) for fines, nouns in GROUPS]
    for fines, coarse, nouns in topics:
        add(nouns, coarse, fines)
    for name, words in FOREIGN.items():
        for word in words:
            found.setdefault(word, set()).update(members.get(name) or (name,))

    def listed(count: int) -> tuple[str, frozenset[str]]:
        chosen = rng.sample(topics, count)
        parts = [fill(rng.choice(TEMPLATES[coarse]), rng.choice(nouns)) for _, coarse, nouns in chosen]
        text = ", ".join(parts[:-1]) + rng.choice(JOINS) + parts[-1] if count > 1 else parts[0]
        return text, frozenset(f for fines, _, _ in chosen for f in fines)

    def negated() -> tuple[str, frozenset[str]]:
        text, covers = listed(rng.choice((1, 1, 2, 3)))
        return rng.choice(NEGATIONS).replace("a {}", "{}").format(text), everything - covers

    for _ in range(compound):
        kind = rng.random()
        if kind < 0.75:
            text, covers = listed(rng.choice((2, 2, 3, 4)))
        elif kind < 0.83:
            text, covers = negated()
        else:
            (text, covers), (rest, others) = listed(rng.choice((1, 2, 3))), negated()
            if covers - others:  # a thing cannot be listed and excluded at once
                continue
            text, covers = f"{text}, or {rest}", covers | others
        found.setdefault(text, set(covers))
    return [Phrase(text, frozenset(covers)) for text, covers in found.items() if not is_held_out(text)]
