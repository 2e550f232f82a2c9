"""How TypeScript and JavaScript import packages, for those who only search their text."""


def import_of(packages: str) -> str:
    """
    An expression for lines that import one of the packages, which are an expression themselves.

    It wants `MULTILINE`. Imports of types alone build nothing.
    """
    return (
        r"""^(?:import[ \t](?!type[ \t]+{)[^'"\n]{0,400}"""
        r"""|(?!(?:im|ex)port[ \t]+type\b)[^'"\n]{0,400}\}[ \t]*from[ \t]*"""
        r"""|[^\n]{0,200}\brequire\([ \t]*|[^\n]{0,200}\bimport\([ \t]*)"""
        rf"""['"]{packages}['"]"""
    )
