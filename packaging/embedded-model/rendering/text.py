"""Words for the pages: frequent words of many languages in random combination, and short lists of our own."""

# ruff: noqa: E501 - lists of words

from __future__ import annotations

import random
from functools import cache

from wordfreq import top_n_list

LANGUAGES = (
    ("en", 50), ("de", 10), ("fr", 7), ("es", 7), ("it", 4), ("pt", 4), ("nl", 3), ("pl", 3), ("sv", 2), ("tr", 2),
    ("cs", 1), ("ru", 3), ("el", 1), ("zh", 2), ("ja", 2),
)  # fmt: skip
FIRST = ("Anna", "Ben", "Carla", "David", "Emma", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kim", "Lea", "Marco", "Nina",
         "Omar", "Paula", "Quinn", "Rosa", "Samir", "Tara", "Uwe", "Vera", "Wei", "Xenia", "Yusuf", "Zoe", "Mum", "Dad")  # fmt: skip
LAST = ("Adler", "Brown", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Hansen", "Ivanov", "Jansen", "Khan", "Lopez",
        "Meyer", "Novak", "Okoye", "Petit", "Rossi", "Schmid", "Tanaka", "Weber", "Young", "Zhang")  # fmt: skip
CITIES = ("Lisbon", "Berlin", "Lyon", "Porto", "Oslo", "Graz", "Turin", "Ghent", "Leeds", "Boston", "Austin", "Osaka",
          "Quito", "Krakow", "Malmö", "Zürich", "Denver", "Nairobi", "Hobart", "Izmir")  # fmt: skip
STREETS = ("Main Street", "Station Road", "Bahnhofstr.", "Rue du Lac", "Via Roma", "Mill Lane", "Gartenweg", "Park Avenue",
           "Calle Mayor", "Harbour Road", "Lindenallee")  # fmt: skip
GOODS = ("Milk 1l", "Bread", "Eggs 10", "Coffee", "Apples", "Butter", "Cheese", "Rice 1kg", "Tomatoes", "Olive oil", "Soap",
         "Paper towels", "Chocolate", "Pasta", "Orange juice", "Yoghurt", "Batteries AA", "Espresso", "Pizza Margherita",
         "Salad", "Mineral water", "Beer 0.5", "Croissant", "Kaffee", "Brot", "Vollmilch", "Kartoffeln", "Pain", "Fromage",
         "Leche", "Pan", "Latte", "Caesar wrap", "Soup of the day", "Burger", "Fries", "Dish soap", "Bananas",
         "Light bulb", "Screws M4", "Notebook A5", "T-shirt", "Socks", "Parking 2h", "Diesel", "Super E10")  # fmt: skip
UI = ("General", "Appearance", "Notifications", "Privacy", "Security", "Network", "Bluetooth", "Display", "Sound", "Battery",
      "Storage", "Accounts", "Language", "Keyboard", "Updates", "Backup", "Shortcuts", "Accessibility", "Start at login",
      "Dark mode", "Show hidden files", "Automatic updates", "Proxy", "Font size", "Theme", "Location", "Sync", "Advanced",
      "Allgemein", "Darstellung", "Sprache", "Konto", "Général", "Affichage", "Compte", "Ajustes", "Pantalla", "Privacidad",
      "Wi-Fi", "Volume", "Autosave", "Plugins", "Default browser", "Export", "Time zone", "Sign out")  # fmt: skip
NAVIGATION = ("Home", "Products", "Pricing", "About", "Contact", "Blog", "Docs", "Shop", "News", "Support", "Sign in",
              "Start", "Über uns", "Preise", "Accueil", "Inicio", "Careers", "Community", "Download")  # fmt: skip
CHAT = ("ok", "On my way!", "haha 😂", "see you at 8", "Did you get the tickets?", "thanks ❤️", "No worries", "bis später!",
        "Where are you?", "sounds good 👍", "Call me when you can", "à demain", "jajaja", "good morning ☀️", "What time?",
        "I'm running late, sorry", "lol", "Happy birthday 🎉🎂", "Can you buy milk?", "let me check", "yes!", "nope",
        "photos from yesterday", "Alles klar", "vale", "how was it?", "😅", "great, thank you so much")  # fmt: skip
JOKES = ("when the tests pass", "on the first try", "one does not simply", "monday again", "me explaining my plan",
         "nobody:", "my cat at 3 am", "when you see it", "not sure if bug", "or feature", "they said it was easy",
         "expectation", "reality", "i should sleep", "but just one more episode", "so you are telling me",
         "there is no coffee", "my face when", "the printer works", "how it started", "how it is going", "wait a minute",
         "that was yesterday", "still waiting", "for the download", "keep calm", "it works on my machine", "lunch break",
         "the meeting could have been an email", "pov: you opened the fridge", "why are you like this", "he protec",
         "wenn montag ist", "quand tu comprends", "cuando es viernes", "and then i said", "five more minutes",
         "trust me", "i have no idea what i am doing", "much wow", "ain't nobody got time for that", "yes, but why")  # fmt: skip


@cache
def frequent(language: str) -> list[str]:
    """Return the 3,000 most frequent words of more than one letter, most frequent first."""
    short = language in {"zh", "ja"}
    return [word for word in top_n_list(language, 4000) if word.isalpha() and (short or len(word) > 1)][:3000]


class Words:
    """Text in one language, drawn from `rng`."""

    def __init__(self, rng: random.Random, language: str | None = None) -> None:
        self.rng = rng
        self.language = language or rng.choices([n for n, _ in LANGUAGES], [w for _, w in LANGUAGES])[0]

    def word(self) -> str:
        pool = frequent(self.language)
        return pool[int(len(pool) * self.rng.random() ** 2)]

    def some(self, low: int, high: int) -> str:
        """Return between `low` and `high` words."""
        joint = "" if self.language in {"zh", "ja"} else " "
        return joint.join(self.word() for _ in range(self.rng.randint(low, high)))

    def title(self, low: int = 2, high: int = 5) -> str:
        text = self.some(low, high)
        return text.title() if self.rng.random() < 0.4 else text[:1].upper() + text[1:]

    def sentence(self, low: int = 5, high: int = 16) -> str:
        text = self.some(low, high)
        return text[:1].upper() + text[1:] + self.rng.choice("....?!")

    def paragraph(self, low: int = 2, high: int = 6) -> str:
        return " ".join(self.sentence() for _ in range(self.rng.randint(low, high)))

    def name(self) -> str:
        return f"{self.rng.choice(FIRST)} {self.rng.choice(LAST)}"

    def company(self) -> str:
        tail = self.rng.choice(
            ["Ltd", "GmbH", "& Sons", "S.A.", "Inc.", "Store", "Studio", "Market", "Café", "Group", ""]
        )
        return f"{self.rng.choice([self.rng.choice(LAST), self.some(1, 2).title()])} {tail}".strip()

    def street(self) -> str:
        return f"{self.rng.randint(1, 240)} {self.rng.choice(STREETS)}"

    def city(self) -> str:
        return f"{self.rng.randint(1000, 99999)} {self.rng.choice(CITIES)}"

    def phone(self) -> str:
        return f"+{self.rng.randint(1, 99)} {self.rng.randint(100, 999)} {self.rng.randint(100000, 9999999)}"

    def mail(self) -> str:
        return f"{self.rng.choice(FIRST).lower()}@example.{self.rng.choice(['com', 'org', 'net'])}"

    def money(self, highest: float = 200) -> str:
        value = self.rng.random() ** 3 * highest + 0.5
        return f"{value:,.2f}" if self.rng.random() < 0.6 else f"{value:.2f}".replace(".", ",")

    def priced(self, highest: float = 200) -> str:
        text = self.money(highest)
        sign = self.rng.choice(["$", "€", "£", "CHF ", "zł ", "¥"])
        return f"{sign}{text}" if self.rng.random() < 0.6 else f"{text} {sign.strip()}"

    def date(self) -> str:
        rng = self.rng
        day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2004, 2026)
        months = (
            "January",
            "Feb",
            "March",
            "April",
            "May",
            "June",
            "July",
            "Aug",
            "Sept",
            "October",
            "Nov",
            "December",
        )
        return rng.choice([f"{day:02}.{month:02}.{year}", f"{year}-{month:02}-{day:02}", f"{month}/{day}/{year % 100:02}",
                           f"{day} {months[month - 1]} {year}"])  # fmt: skip

    def time(self) -> str:
        return f"{self.rng.randint(0, 23)}:{self.rng.randint(0, 59):02}"

    def number(self, digits: int) -> str:
        return "".join(self.rng.choice("0123456789") for _ in range(digits))
