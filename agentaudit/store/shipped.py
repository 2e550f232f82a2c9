"""What travels with the program: rules and samples, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = {"rules": "_rules", "sample_configs": "_samples"}


def shipped(name: str) -> Path:
    """
    The folder `rules` or `sample_configs`.

    A wheel holds them inside the package; a checkout has them beside it, once.
    """
    installed = _PACKAGE / _PLACES[name]
    return installed if installed.is_dir() else _PACKAGE.parent / name
