"""Words in messages: text of other machines made safe to show, and the name that was meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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


def did_you_mean(name: str, names: Iterable[str], form: str = "{!r}") -> str:
    """Return a question that names the nearest of some names, or nothing where none is near.

    Examples
    --------
    >>> did_you_mean("behaviors", ["behavior", "user"], "{}=")
    ' Did you mean behavior=?'
    """
    folded = {each.casefold(): each for each in names}
    near = get_close_matches(name.casefold(), folded, n=1)
    return f" Did you mean {form.format(folded[near[0]])}?" if near else ""
