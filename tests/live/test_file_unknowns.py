"""What the files look like, and what the service accepts in them."""

from __future__ import annotations

import pytest

from nclue_pandas import errors

USERS = 240


def first_lines(account, path):
    """Return the size and the first bytes of an object."""
    return account.client.storage.get(path, 0, 400)


def outcome(account, make):
    """Return what becomes of a job: refused at once, failed later, or completed."""
    try:
        job = account.keep(make())
        job.wait(account.timeout)
    except errors.ApiError as error:
        return f"refused at once: HTTP {error.status}, code {error.code}"
    except errors.JobFailed as error:
        return f"failed: {error.fail_message}"
    return f"completed: {job.result().to_dict()}"


def test_dataset_encoding(account, saw):
    seen = account.feature.record
    saw("file_encoding", f"UTF-8 with Korean: {seen.user_count} users, {seen.token_count} tokens")
    assert seen.user_count == USERS


def test_answer_file_layout(account, saw):
    record = account.task.record
    saw("answer_file_layout", f"user_id TAB 0/1: {record.line_count} lines, {record.auroc}")
    assert record.line_count


def test_result_name(account, saw):
    asked = account.run.record.result_file_path
    created = [entry.key for entry in account.client.storage.list(f"{account.prefix}/results/")]
    saw("result_path", f"the get operation names {asked!r}; on the store: {created}")
    assert created


def test_result_name_of_a_stem(account, saw):
    """A path without a slash at its end is the beginning of a file name."""
    run = account.client.service.create_run(
        name=account.name("stem"),
        task_id=account.task.id,
        feature_id=account.feature.id,
        result_bucket=account.client.storage.name,
        result_file_path=f"{account.prefix}/stem/scores",
    )
    handle = account.keep(account.client.get_run(run.id)).wait(account.timeout)
    names = [entry.key for entry in account.client.storage.list(f"{account.prefix}/stem/")]
    saw("result_path", f"a stem gives {names}, the get operation {handle.record.result_file_path}")
    assert len(handle.result()) == USERS


def test_run_columns(account, saw):
    scores = account.run.result()
    (entry,) = account.client.storage.list(f"{account.prefix}/results/")
    start = bytes(first_lines(account, entry.key))[:120]
    saw("result_columns", f"{list(scores.columns)}; the file begins with {start!r}")
    saw("score_range", f"{scores['score'].min()} to {scores['score'].max()}")
    in_order = scores["user_id"].is_monotonic_increasing
    saw("result_order", "by user id" if in_order else "not by user id")
    assert len(scores) == USERS


def test_custom_attributes_columns(account, saw):
    profile = account.client.create_custom_attributes(
        account.name("likeness"), account.feature, ["green tea", "녹차"]
    )
    scores = account.keep(profile).result(account.timeout)
    saw("keyword_separator", repr(profile.record.raw["keyword_set"]))
    saw("custom_attributes_columns", f"{list(scores.columns)}: {scores.iloc[0].tolist()}")
    assert len(scores) == USERS


def test_shopping_intent_columns(account, saw):
    profile = account.client.create_shopping_intent(account.name("target"), account.task)
    frame = account.keep(profile).result(account.timeout)
    answer = account.ask("GET", f"/profile/shopping-intents-download/{profile.id}")
    headers = {name: answer.headers.get(name) for name in ("Content-Type", "Content-Disposition")}
    saw("shopping_intent_columns", f"{list(frame.columns)}: {frame.head(3).to_dict('records')}")
    saw("download_headers", headers)
    assert len(frame)


LINES = [f"u{number:04d}\ttea->milk\n" for number in range(USERS)]
FILES = {
    "a byte-order mark": ("file_encoding", "\ufeff" + "".join(LINES)),
    "CRLF": ("line_ends", "".join(LINES).replace("\n", "\r\n")),
    "no last line end": ("line_ends", "".join(LINES).rstrip("\n")),
    "a header": ("dataset_header", "user_id\tsequence\n" + "".join(LINES)),
    "quotes": ("quoting", "".join(LINES) + 'q1\t"one "two"->three\n'),
    "2,500 tokens": ("token_limit", "".join(LINES) + "long\t" + "->".join(["tea"] * 2500) + "\n"),
    "a user of one behavior": ("short_sequences", "".join(LINES) + "one\ttea\n"),
    "a repeated id": ("duplicate_ids", "".join(LINES) + LINES[0]),
    "an e-mail address": ("personal_data", "".join(LINES) + "p\tmail a.person@example.com->tea\n"),
    "a price like a number": ("personal_data", "".join(LINES) + "p\tprice 1,234,567 won->tea\n"),
}


@pytest.mark.parametrize("what", FILES)
def test_what_a_dataset_may_hold(what, account, saw):
    key, text = FILES[what]
    path = account.put(f"try/{what.replace(' ', '-').replace(',', '')}.csv", text)
    seen = outcome(
        account, lambda: account.client.create_feature_from_path(account.name(what), path)
    )
    saw(key, f"{what}: {seen}")


ANSWERS = {
    "a header": ("answer_file_layout", "user_id\tlabel\n"),
    "users that the feature lacks": ("unmatched_answers", "stranger\t1\n"),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_what_answers_may_hold(what, account, saw):
    key, more = ANSWERS[what]
    lines = "".join(f"u{number:04d}\t{number % 2}\n" for number in range(USERS))
    path = account.put(f"try/answers-{what.replace(' ', '-')}.csv", more + lines)
    seen = outcome(
        account,
        lambda: account.client.create_task_from_path(account.name(what), account.feature, path),
    )
    saw(key, f"{what}: {seen}")


def test_too_few_of_a_label(account, saw):
    lines = "".join(f"u{number:04d}\t{number % 2}\n" for number in range(150))
    path = account.put("try/few.csv", lines)
    seen = outcome(
        account,
        lambda: account.client.create_task_from_path(account.name("few"), account.feature, path),
    )
    saw("too_few_labels", seen)


def test_list_objects_v1(account, saw):
    keys = [entry.key for entry in account.client.storage.list(f"{account.prefix}/")]
    saw("storage_listing", f"ListObjects V1 gave {len(keys)} keys")
    assert keys
