"""The EXIF tags that rules may use, by Pillow's names for them. Pure.

Tags that only describe how the pixels are stored, and those that are not text or a number, are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# fmt: off
_MAIN = (
    "Make", "Model", "Software", "DateTime", "Artist", "Copyright", "ImageDescription", "Orientation", "HostComputer",
    "DocumentName", "PageName", "ProcessingSoftware", "Rating", "RatingPercent", "XPTitle", "XPComment", "XPAuthor",
    "XPKeywords", "XPSubject", "XResolution", "YResolution", "ResolutionUnit", "UniqueCameraModel",
    "CameraSerialNumber", "ImageID",
)
_PHOTO = (
    "DateTimeOriginal", "DateTimeDigitized", "OffsetTime", "OffsetTimeOriginal", "OffsetTimeDigitized", "SubsecTime",
    "SubsecTimeOriginal", "SubsecTimeDigitized", "ExposureTime", "FNumber", "ISOSpeedRatings", "FocalLength",
    "FocalLengthIn35mmFilm", "LensMake", "LensModel", "LensSerialNumber", "LensSpecification", "CameraOwnerName",
    "BodySerialNumber", "Flash", "UserComment", "ImageUniqueID", "ExposureProgram", "ExposureMode",
    "ExposureBiasValue", "MeteringMode", "LightSource", "WhiteBalance", "SceneCaptureType", "SceneType", "FileSource",
    "ColorSpace", "ExifImageWidth", "ExifImageHeight", "ExifVersion", "ShutterSpeedValue", "ApertureValue",
    "MaxApertureValue", "BrightnessValue", "SubjectDistance", "SubjectDistanceRange", "SubjectLocation",
    "DigitalZoomRatio", "GainControl", "Contrast", "Saturation", "Sharpness", "CustomRendered", "SensingMethod",
    "SensitivityType", "StandardOutputSensitivity", "RecommendedExposureIndex", "ISOSpeed", "ExposureIndex",
    "SpectralSensitivity", "FlashEnergy", "FocalPlaneXResolution", "FocalPlaneYResolution",
    "FocalPlaneResolutionUnit", "CompressedBitsPerPixel", "RelatedSoundFile", "FlashPixVersion", "Gamma",
    "CompositeImage", "AmbientTemperature", "Humidity", "Pressure", "WaterDepth", "Acceleration",
    "CameraElevationAngle", "ImageNumber", "SecurityClassification", "ImageHistory", "TimeZoneOffset", "SelfTimerMode",
)
_PLACE = (
    "GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef", "GPSAltitude", "GPSAltitudeRef",
    "GPSTimeStamp", "GPSDateStamp", "GPSSpeed", "GPSSpeedRef", "GPSTrack", "GPSTrackRef", "GPSImgDirection",
    "GPSImgDirectionRef", "GPSMapDatum", "GPSStatus", "GPSMeasureMode", "GPSDOP", "GPSSatellites",
    "GPSHPositioningError", "GPSProcessingMethod", "GPSAreaInformation", "GPSDifferential", "GPSVersionID",
    "GPSDestLatitude", "GPSDestLatitudeRef", "GPSDestLongitude", "GPSDestLongitudeRef", "GPSDestBearing",
    "GPSDestBearingRef", "GPSDestDistance", "GPSDestDistanceRef",
)
# fmt: on

EXIF_NAMES = (*_MAIN[:9], *_PHOTO[:12], *_PLACE[:6], *_MAIN[9:], *_PHOTO[12:], *_PLACE[6:])
"""The most commonly used tags come first: these are kept if an image has very many."""

MAX_TAGS = 64
MAX_VALUE = 200
"""Longest value, in characters."""

_BY_FOLDED: Mapping[str, str] = {name.casefold(): name for name in EXIF_NAMES}


def exif_name(written: str) -> str | None:
    """Return the name of the tag that is written like this in any case, or None if there is none."""
    return _BY_FOLDED.get(written.casefold())


def select_tags(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the first MAX_TAGS of these tags, in the order of EXIF_NAMES."""
    found = dict(tags)
    return {name: found[name] for name in [name for name in EXIF_NAMES if name in found][:MAX_TAGS]}
