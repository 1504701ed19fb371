"""What a server's HTTP status means to the person who has to act on it."""

from openai import APIStatusError

from porteiro.errors import SpeechError
from porteiro.speech.service_faults import pause_asked_for

_MAY_PASS = frozenset({408, 409, 425, 429})
_MEANINGS = {
    401: "refuses the key: set PORTEIRO_OPENAI_KEY to a valid one",
    402: "wants to be paid: see to the account's credit",
    403: "does not allow this: check what the key of PORTEIRO_OPENAI_KEY may do and {setting}",
    404: "has no such address or model: check PORTEIRO_OPENAI_URL and {setting}",
    429: "is asked too often: raise the account's limits",
}


def refusal(server: str, setting: str, error: APIStatusError) -> SpeechError:
    """Return a refused request in plain words; `setting` names the model's variable."""
    status = error.status_code
    may_pass = status >= 500 or status in _MAY_PASS
    pause_s = pause_asked_for(error.response.headers.get("retry-after", ""))
    return SpeechError(
        f"{server} {_meaning(status, setting, error.code)} (HTTP {status})",
        retryable=may_pass,
        retry_after_s=pause_s if may_pass else None,
    )


def _meaning(status: int, setting: str, code: str | None) -> str:
    if status == 429 and code == "insufficient_quota":
        return _MEANINGS[402]
    if status in _MEANINGS:
        return _MEANINGS[status].format(setting=setting)
    if status >= 500:
        return "fails: ask who runs it"
    if status >= 400:
        return f"cannot take such a request: check {setting} and the voice"
    return "sends us elsewhere: set PORTEIRO_OPENAI_URL to where its API really is"
