"""Faults that answer politely, done to what a killed run left on the store."""

from __future__ import annotations


def _of(sandbox, chance, folder, ending):
    """Choose an object of a folder; None where there is none."""
    keys = [key for key in sandbox.objects() if f"/{folder}/" in key and key.endswith(ending)]
    return chance.choice(sorted(keys)) if keys else None


def _rewritten(folder, ending, change):
    def strike(sandbox, chance):
        key = _of(sandbox, chance, folder, ending)
        if key is None:
            return False
        body = sandbox.storage.get(sandbox.bucket, key)
        # The marks of a part say whose it is; they stay.
        marks = sandbox.storage.metadata(sandbox.bucket, key)
        sandbox.storage.put(sandbox.bucket, key, change(body), marks)
        return True

    return strike


def lost(sandbox, chance):
    """Lose a part of a dataset."""
    key = _of(sandbox, chance, chance.choice(["sequences", "answers"]), ".csv")
    if key is None:
        return False
    sandbox.storage.delete(sandbox.bucket, key)
    return True


def redirected(sandbox, chance):
    """Send the next request, or one of the next, to another server."""
    if not hasattr(sandbox.storage, "on_request"):
        return False
    left = [chance.randrange(8)]

    def answer(environ, start_response):
        start_response("307 Temporary Redirect", [("Location", "http://127.0.0.1:9/other")])
        return [b""]

    def strike(environ):
        left[0] -= 1
        if left[0] < 0:
            sandbox.storage.on_request = None
            return answer
        return None

    sandbox.storage.on_request = strike
    return True


#: Each returns whether there was something to strike.
FAULTS = {
    "lost part": lost,
    "replaced part": _rewritten("sequences", ".csv", lambda body: body.replace(b"milk", b"mule")),
    "doubled result": _rewritten("results", ".tsv", lambda body: body * 2),
    "truncated result": _rewritten("results", ".tsv", lambda body: body[: len(body) // 2]),
    "redirect": redirected,
}
