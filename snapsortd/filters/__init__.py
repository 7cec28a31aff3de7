"""What a rule may ask of an image: one small class per filter, each a pure `check`.

A check tells the fact it saw and what was wanted, so that every decision can be explained.
"""

from snapsortd.filters.bounds import OPERATORS, Comparison, Range, within
from snapsortd.filters.dates import AgeFilter, DateBound, DateFilter
from snapsortd.filters.duplicate import DuplicateFilter
from snapsortd.filters.exif import CameraFilter, ExifFilter, GpsFilter
from snapsortd.filters.image import AlphaFilter, AnimatedFilter, DimensionsFilter, FormatFilter, SizeFilter
from snapsortd.filters.label import LabelFilter
from snapsortd.filters.name import ExtensionFilter, FolderFilter, NameFilter, RegexFilter, UrlFilter
from snapsortd.filters.verdict import Facts, Filter, Not, Verdict

__all__ = [
    "OPERATORS",
    "AgeFilter",
    "AlphaFilter",
    "AnimatedFilter",
    "CameraFilter",
    "Comparison",
    "DateBound",
    "DateFilter",
    "DimensionsFilter",
    "DuplicateFilter",
    "ExifFilter",
    "ExtensionFilter",
    "Facts",
    "Filter",
    "FolderFilter",
    "FormatFilter",
    "GpsFilter",
    "LabelFilter",
    "NameFilter",
    "Not",
    "Range",
    "RegexFilter",
    "SizeFilter",
    "UrlFilter",
    "Verdict",
    "within",
]
