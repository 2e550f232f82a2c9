"""
Keys of Google that stand in the pages and apps of everybody: those of Firebase and of maps.

They say which project an app is of, and "are OK to include in code or checked-in config files"
(Firebase, "Learn about using and managing API keys for Firebase"). Where the project lets the key
ask models, too, it opens more, and no file tells: so such a key is possible at most.
"""

from agentaudit.expressions import regex
from agentaudit.extract.credentials.own_places import lines_around
from agentaudit.extract.credentials.recognition import Recognised
from agentaudit.extract.credentials.secret_names import name_words
from agentaudit.extract.settings import Setting

_OF_APPS = frozenset({"firebase", "maps", "recaptcha"})
_BESIDE = regex(
    r"messagingSenderId|\bauthDomain\b|\.firebaseapp\.com|\bmobilesdk_app_id\b|\bGCM_SENDER_ID\b"
    r"|FIREBASE_(?:AUTH_DOMAIN|MESSAGING_SENDER_ID)|maps\.googleapis\.com/maps/api/js"
)
"""What stands beside the key in the settings of an app, in each of Firebase's languages."""
_FILES = regex(
    r"(?:^|/)(?:google-services\.json|GoogleService-Info\.plist|firebase_options\.dart)$"
)
"""What Firebase makes for an app of each kind, with nothing else in it."""
_ANY = frozenset({"api", "key", "current", "value", "text"})
"""Words of names that do not say what the key is for; `GEMINI_API_KEY` does."""
_LINES, _COLUMNS = 9, 500


def is_of_apps(setting: Setting, found: Recognised) -> bool:
    """Whether a key of Google is one that its owner hands to everybody, by its name or place."""
    if (found.provider, found.kind) != ("google", "api_key"):
        return False
    if _FILES.search(setting.document.file):
        return True
    words = set(name_words(setting.key)) - _ANY
    if words:
        return not _OF_APPS.isdisjoint(words)
    return any(map(_BESIDE.search, lines_around(setting, _LINES, _COLUMNS)))
