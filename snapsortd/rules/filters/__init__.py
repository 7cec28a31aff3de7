"""The filters: the conditions of a rule, one small class each, with a pure `check`.

A check returns the observed fact and the wanted one, so that every decision can be explained.
"""

from snapsortd.rules.filters.bounds import OPERATORS, Comparison, Range, within
from snapsortd.rules.filters.dates import DAYS, AgeFilter, DateBound, DateFilter, WeekdayFilter
from snapsortd.rules.filters.description import DescriptionFilter
from snapsortd.rules.filters.duplicate import DuplicateFilter
from snapsortd.rules.filters.exif import CameraFilter, ExifFilter, GpsFilter
from snapsortd.rules.filters.filter import Facts, Filter, Not, Verdict
from snapsortd.rules.filters.image import AlphaFilter, AnimatedFilter, DimensionsFilter, FormatFilter, SizeFilter
from snapsortd.rules.filters.label import LabelFilter
from snapsortd.rules.filters.name import ExtensionFilter, FolderFilter, KnownNames, NameFilter, RegexFilter, UrlFilter
from snapsortd.rules.filters.text import TextFilter
from snapsortd.rules.filters.words import Words

__all__ = [
    "DAYS",
    "OPERATORS",
    "AgeFilter",
    "AlphaFilter",
    "AnimatedFilter",
    "CameraFilter",
    "Comparison",
    "DateBound",
    "DateFilter",
    "DescriptionFilter",
    "DimensionsFilter",
    "DuplicateFilter",
    "ExifFilter",
    "ExtensionFilter",
    "Facts",
    "Filter",
    "FolderFilter",
    "FormatFilter",
    "GpsFilter",
    "KnownNames",
    "LabelFilter",
    "NameFilter",
    "Not",
    "Range",
    "RegexFilter",
    "SizeFilter",
    "TextFilter",
    "UrlFilter",
    "Verdict",
    "WeekdayFilter",
    "Words",
    "within",
]
