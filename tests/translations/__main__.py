"""Brings every catalogue up to date and says what is left to translate."""

from __future__ import annotations

import sys

from tests.translations.drawing import DOMAINS
from tests.translations.keeping import LANGUAGES, write

if __name__ == "__main__":
    missing = 0
    for domain in DOMAINS:
        for language in LANGUAGES:
            untranslated = write(domain, language)
            missing += len(untranslated)
            for message in untranslated:
                sys.stdout.write(f"{domain.name} {language}: no words for {message!r}\n")
    sys.stdout.write(f"{missing} messages are left to translate.\n")
    sys.exit(1 if missing else 0)
