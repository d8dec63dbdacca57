"""What we assume about the service where its documentation is silent.

Every unknown is one entry of :data:`ASSUMPTIONS` and one named constant or function, so that one
edit corrects it when a live account shows otherwise. The page "What we assume about the service"
is made from this list, and the sandbox can play each alternative.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Final

#: Naive timestamps of the service are taken as Korean time.
KOREAN_TIME: Final = timezone(timedelta(hours=9), "KST")
#: Encoding of the dataset files: without a byte-order mark.
FILE_ENCODING: Final = "utf-8"
LINE_END: Final = b"\n"
DELIMITER: Final = b"\t"
#: An answer file has a user id and a 0/1 label per line, in this order.
ANSWER_COLUMNS: Final = ("user_id", "label")
#: A result file without a header has these columns; further ones are numbered.
RESULT_COLUMNS: Final = ("user_id", "score")
#: HTTP status above the rate limit.
RATE_LIMIT_STATUS: Final = 429
#: HTTP status for an unknown feature, task or run id, for which no code is documented.
UNKNOWN_ID_STATUS: Final = 404
#: Between the keywords in the answer of a custom attributes profile.
ANSWERED_KEYWORD_SEPARATOR: Final = ","


@dataclass(frozen=True)
class Assumption:
    """One thing the documentation leaves open.

    Parameters
    ----------
    key : str
        Short stable name.
    question : str
        What is not documented.
    assumed : str
        What the code takes for granted, or which alternatives it copes with.
    settled_by : str
        What an answer of a live account would change.
    where : str
        The constant or function that holds the assumption, as ``module:name``.
    """

    key: str
    question: str
    assumed: str
    settled_by: str
    where: str


ASSUMPTIONS: Final[tuple[Assumption, ...]] = ()
