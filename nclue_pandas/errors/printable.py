"""Text of other machines made safe to show: it cannot steer a terminal or hide what it says."""

from __future__ import annotations


def printable(text: str, keep: str = "") -> str:
    r"""Replace characters that are not shown as they are by their escapes.

    Parameters
    ----------
    text : str
        From anywhere.
    keep : str
        Characters that stay all the same, such as line ends.

    Returns
    -------
    str
        Without control characters, changes of direction and lone surrogates; it can be encoded.

    Examples
    --------
    >>> print(printable("done\x1b[2J \u202egnp.exe"))
    done\x1b[2J \u202egnp.exe
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )
