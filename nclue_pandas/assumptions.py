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


ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    Assumption(
        key="answer_file_layout",
        question="Which columns an answer file has, and in which order.",
        assumed="A user id, a TAB and 0 or 1, like a sequence file.",
        settled_by="Other columns or another order: the one place is the constant.",
        where="nclue_pandas.assumptions:ANSWER_COLUMNS",
    ),
    Assumption(
        key="file_encoding",
        question="The encoding of dataset files, a byte-order mark, quoting, compression.",
        assumed="UTF-8 without a mark, no quoting, no compression.",
        settled_by="Another encoding: the constant and the encoder.",
        where="nclue_pandas.assumptions:FILE_ENCODING",
    ),
    Assumption(
        key="line_ends",
        question="How lines of dataset files end.",
        assumed="A line feed alone, also after the last line.",
        settled_by="A carriage return before it: the constant.",
        where="nclue_pandas.assumptions:LINE_END",
    ),
    Assumption(
        key="dataset_header",
        question="Whether dataset files may begin with column names.",
        assumed="They may not.",
        settled_by="A header that is wanted: the encoder writes one.",
        where="nclue_pandas.storage.lines:encode",
    ),
    Assumption(
        key="quoting",
        question="Whether quotes in dataset files have a meaning.",
        assumed="None: they are characters of the text, and nothing is quoted.",
        settled_by="A meaning: the encoder.",
        where="nclue_pandas.storage.lines:encode",
    ),
    Assumption(
        key="short_sequences",
        question="Whether a user needs a least number of behaviors.",
        assumed="One is enough.",
        settled_by="A least number: the check.",
        where="nclue_pandas.frames.checks:check",
    ),
    Assumption(
        key="duplicate_ids",
        question="When a repeated id is refused: by the create call, or by the job.",
        assumed="By the job (DUPLICATE_USERID); the check finds it before.",
        settled_by="Nothing: both are handled, and a Task that fails for it, as was seen, too.",
        where="nclue_pandas.frames.checks:check",
    ),
    Assumption(
        key="id_characters",
        question="Which characters a user id may hold beside digits and letters.",
        assumed="Others are warned about, not refused.",
        settled_by="A refusal: the check raises instead of warning.",
        where="nclue_pandas.frames.checks:check",
    ),
    Assumption(
        key="token_count",
        question="How the service counts tokens: its tokenizer is not published.",
        assumed=(
            "One token for three UTF-8 bytes and one for every separator, an estimate on "
            "the safe side."
        ),
        settled_by="token_count of real features: the two constants of the estimate.",
        where="nclue_pandas.frames.tokens:estimate_tokens",
    ),
    Assumption(
        key="token_limit",
        question="What happens to a user with more than 2,048 tokens.",
        assumed=(
            "It may be refused or cut, so the most recent behaviors that fit are sent, "
            "and the cut users counted."
        ),
        settled_by="Harmless overflow: a larger max_tokens.",
        where="nclue_pandas.contract:TOKENS_PER_USER",
    ),
    Assumption(
        key="personal_data",
        question="The exact patterns of personal data.",
        assumed=(
            "The announced kinds in their official forms, with gaps of any width and kind between "
            "their groups. Numbers with a check digit must pass it, save resident registration "
            "numbers of births since October 2020, which have none. Ten digits that may be a "
            "mobile number without its zero are let through with a warning."
        ),
        settled_by=(
            "A refused file that passed the check: client.find_refused(...) finds its rows, and "
            "their pattern is added."
        ),
        where="nclue_pandas.contract:GAP_CHARACTERS",
    ),
    Assumption(
        key="too_few_labels",
        question="Of which file 100 rows of each label are needed.",
        assumed="Of the train answers; test answers may have fewer.",
        settled_by="A refusal of a small test file: the check covers it too.",
        where="nclue_pandas.jobs.create:check_answers",
    ),
    Assumption(
        key="duplicate_answers",
        question="What happens to a user who is in an answer file twice.",
        assumed=(
            "It is refused like a duplicate id in a sequence file, so the check finds it before."
        ),
        settled_by="Harmless duplicates: the check lets them pass.",
        where="nclue_pandas.frames.checks:check",
    ),
    Assumption(
        key="unmatched_answers",
        question="What happens to answers of users who are not in the Feature.",
        assumed=(
            "They are ignored, and do not count toward the 100 of each label: predict refuses "
            "answers of which too few match, and warns of the others."
        ),
        settled_by="A failed job: such users are dropped before publishing.",
        where="nclue_pandas.frames.cross_checks:Match",
    ),
    Assumption(
        key="result_path",
        question=(
            "Whether a completed job tells the final name of its result file, or the path "
            "that was asked for."
        ),
        assumed="Either: what is told is tried first, then the directory or stem is listed.",
        settled_by="Nothing: both are handled.",
        where="nclue_pandas.storage.results:find_result",
    ),
    Assumption(
        key="result_hour",
        question="Of which zone the hour in the name of a result file is.",
        assumed="Korean time. Nothing relies on it: the newest file is told by the store.",
        settled_by="Nothing.",
        where="nclue_pandas.storage.results:find_result",
    ),
    Assumption(
        key="result_visibility",
        question="Whether a result can be seen in the bucket as soon as its job is completed.",
        assumed="It may lag: it is looked for over about ten seconds before it is called missing.",
        settled_by="A longer lag: the pauses.",
        where="nclue_pandas.storage.results:VISIBLE_AFTER",
    ),
    Assumption(
        key="result_columns",
        question="The columns of run results, and whether there is a header.",
        assumed="A user id and a score; a header is recognized, further columns are kept.",
        settled_by="Other columns: the constant.",
        where="nclue_pandas.assumptions:RESULT_COLUMNS",
    ),
    Assumption(
        key="result_order",
        question="The order of the rows in results.",
        assumed="None: scores are joined to users by id.",
        settled_by="Nothing: no code relies on an order.",
        where="nclue_pandas.storage.results:read_result",
    ),
    Assumption(
        key="score_range",
        question="The range of scores.",
        assumed=(
            "Numbers; a higher one is more like label 1. Calibration is shown only when "
            "all are within 0 to 1."
        ),
        settled_by="Scores that fall with likeness: evaluation turns them.",
        where="nclue_pandas.frames.evaluation:evaluate",
    ),
    Assumption(
        key="line_count",
        question="Whether counts are exact.",
        assumed=(
            "A Feature's user_count is the users that were sent, and the line_count of a Run or a "
            "Custom Attributes profile is the rows of its result: any difference is an error."
        ),
        settled_by="Users that the service leaves out by right: the comparison.",
        where="nclue_pandas.jobs.counts:compare",
    ),
    Assumption(
        key="billed_lines",
        question="What a billed line is: prices are not public.",
        assumed=(
            "What line_count counts: the lines of the Feature, for a Task with test answers those "
            "of both Features added up."
        ),
        settled_by="Another unit: the units of a plan.",
        where="nclue_pandas.jobs.plan:BILLED_LINES",
    ),
    Assumption(
        key="custom_attributes_columns",
        question="The columns of a Custom Attributes result.",
        assumed="As those of a run: a user id and one similarity.",
        settled_by="Other columns: the constant.",
        where="nclue_pandas.assumptions:RESULT_COLUMNS",
    ),
    Assumption(
        key="shopping_intent_columns",
        question="The columns of a Shopping Intent profile.",
        assumed="Any: they are read as they come, with a header when there is one.",
        settled_by="Nothing, or names for columns without a header.",
        where="nclue_pandas.storage.result_lines:read_tsv",
    ),
    Assumption(
        key="download_headers",
        question="The headers of a downloaded profile.",
        assumed="None is relied on; the body is the TSV itself.",
        settled_by="A body that is not the TSV: the operation.",
        where="nclue_pandas.service.operations:Service.download_shopping_intent",
    ),
    Assumption(
        key="keyword_separator",
        question="What stands between keywords in answers.",
        assumed="A comma, as documented; a newline is taken too.",
        settled_by="Another separator: the constant.",
        where="nclue_pandas.assumptions:ANSWERED_KEYWORD_SEPARATOR",
    ),
    Assumption(
        key="timestamp_layout",
        question="The exact layout of timestamps.",
        assumed=(
            "ISO 8601 with Z, +09:00, +0900 or no zone (then Korean time), with or "
            "without a fraction."
        ),
        settled_by="Another layout: the parser; until then the raw text is kept.",
        where="nclue_pandas.service.records:parse_timestamp",
    ),
    Assumption(
        key="waiting_task",
        question="The state of a Task while another one is built.",
        assumed="Pending, so that it cannot be canceled; registered is taken too.",
        settled_by="Nothing: both are handled.",
        where="nclue_pandas.jobs.wait:stands_in_queue",
    ),
    Assumption(
        key="finished_spelling",
        question="Whether a finished job is completed or complete.",
        assumed="Both are.",
        settled_by="Nothing: both are handled.",
        where="nclue_pandas.contract:COMPLETED_SPELLINGS",
    ),
    Assumption(
        key="unknown_states",
        question="Whether there are more states than the documented ones.",
        assumed="Any other is still running, and is shown as it is.",
        settled_by="A further final state: it is added to the handles.",
        where="nclue_pandas.jobs.job:Job.finished",
    ),
    Assumption(
        key="auroc_type",
        question="The type of a task's AUROC.",
        assumed="A text, as documented; a number and null are taken too.",
        settled_by="Nothing: all are handled.",
        where="nclue_pandas.service.records:Fields.share",
    ),
    Assumption(
        key="absent_test_fields",
        question="What a task without a test file tells of it.",
        assumed="Null or no field.",
        settled_by="Nothing: both are handled.",
        where="nclue_pandas.service.records:TaskRecord",
    ),
    Assumption(
        key="extra_fields",
        question="Whether answers have more fields than the documented ones.",
        assumed="They are kept in raw.",
        settled_by="New fields of use: the records.",
        where="nclue_pandas.service.records:Record",
    ),
    Assumption(
        key="paging_index",
        question="Whether index is an item's offset or a page's number.",
        assumed="Either: the walk finds out by an overlap.",
        settled_by="Nothing, or one request less per long list: today's pages say offset.",
        where="nclue_pandas.service.paging:iterate",
    ),
    Assumption(
        key="paging_total",
        question="Whether total counts all jobs or those of the answer.",
        assumed="Either: the walk does not rely on it.",
        settled_by="Nothing, or one request less per long list.",
        where="nclue_pandas.service.paging:iterate",
    ),
    Assumption(
        key="list_order",
        question="The order of lists.",
        assumed="None is relied on.",
        settled_by="Newest first: a search by name may end sooner.",
        where="nclue_pandas.service.operations:Kind.find",
    ),
    Assumption(
        key="list_lag",
        question="Whether a new job is in lists at once.",
        assumed="It may lag: a look-up after an unclear create is repeated.",
        settled_by="Nothing: both are handled.",
        where="nclue_pandas.jobs.exactly_once:create",
    ),
    Assumption(
        key="answer_content_type",
        question="The content type of JSON answers.",
        assumed="None is relied on: the gateway may say text/plain.",
        settled_by="Nothing.",
        where="nclue_pandas.service.transport:Transport.call",
    ),
    Assumption(
        key="error_body_shape",
        question="The shape of refusals.",
        assumed="Every shape that was seen on NCP, codes as numbers, as texts or by their names.",
        settled_by="Another shape: the reader.",
        where="nclue_pandas.service.refusals:read_error",
    ),
    Assumption(
        key="trace_header",
        question="Whether refusals carry a trace id.",
        assumed="They do in x-ncp-trace-id; it may be absent.",
        settled_by="Another header: the constant.",
        where="nclue_pandas.contract:TRACE_HEADER",
    ),
    Assumption(
        key="unknown_id",
        question="The answer to an unknown feature, task or run.",
        assumed="HTTP 404, whatever the code.",
        settled_by="Another status: the constant and the classes of refusals.",
        where="nclue_pandas.assumptions:UNKNOWN_ID_STATUS",
    ),
    Assumption(
        key="rate_limit_status",
        question="The answer above one request per second.",
        assumed=(
            "HTTP 429 with the gateway's code 410 or 420, which is tried again; 400 means "
            "a used-up quota, which is not."
        ),
        settled_by="Another answer: the table of gateway errors.",
        where="nclue_pandas.assumptions:RATE_LIMIT_STATUS",
    ),
    Assumption(
        key="name_length_unit",
        question="Whether a name's 100 characters are characters or bytes.",
        assumed="Characters.",
        settled_by="Bytes: the check of names.",
        where="nclue_pandas.jobs.exactly_once:check_name",
    ),
    Assumption(
        key="name_case",
        question="Whether names that differ in case are the same.",
        assumed="They are different.",
        settled_by="The same: the look-up by name.",
        where="nclue_pandas.service.operations:Kind.find",
    ),
    Assumption(
        key="delete_processing_code",
        question="The refusal to delete a job that is processed.",
        assumed="409 with the code of its kind, 10114 to 10117.",
        settled_by="Another code: its class is raised instead.",
        where="nclue_pandas.jobs.job:Job.delete",
    ),
    Assumption(
        key="other_feature",
        question=(
            "Whether a run may use another feature than its task's: the API text and the "
            "guide disagree. Every feature has an NCLUE model."
        ),
        assumed=(
            "It may, when both are of the same NCLUE model: train on the past, score the present. "
            "Refused, it is IncompatibleModel (10113)."
        ),
        settled_by="Always refused: predict(score_on=) trains a task on each feature.",
        where="nclue_pandas.jobs.handles:Task.run",
    ),
    Assumption(
        key="storage_listing",
        question="Which listing Object Storage supports: the documentation is of two minds.",
        assumed="ListObjects V1 only, pages in any order.",
        settled_by="V2 works: nothing, V1 stays enough.",
        where="nclue_pandas.storage.bucket:Bucket.list",
    ),
    Assumption(
        key="retry_after",
        question="Whether throttled answers tell how long to wait.",
        assumed="They may: Retry-After is honored up to 60 seconds.",
        settled_by="Nothing: both are handled.",
        where="nclue_pandas.service.transport:Transport.call",
    ),
)
