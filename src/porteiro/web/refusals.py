"""What the API answers when it does not do what was asked: always JSON of one form."""

from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from porteiro.errors import StorageError, WorkerError
from porteiro.web.answers import Failure

Described = dict[int | str, dict[str, Any]]

OTHERWISE: Final[Described] = {
    401: {"model": Failure, "description": "The token is missing or wrong"},
    "default": {"model": Failure, "description": "What went wrong"},
}
BAD: Final[Described] = {
    400: {"model": Failure, "description": "What was sent is not what it should be"}
}
TOO_LARGE: Final[Described] = {413: {"model": Failure, "description": "The body is too large"}}
NO_SUCH_CALL: Final[Described] = {
    404: {"model": Failure, "description": "No such call or leg"},
}
NO_SUCH_EXTENSION: Final[Described] = {
    404: {"model": Failure, "description": "No such extension"},
}
AWAY: Final[Described] = {
    503: {"model": Failure, "description": "The database cannot be reached; nothing has changed"}
}
STOPPING: Final[Described] = {
    503: {"model": Failure, "description": "The process is about to end; nothing has changed"}
}
BUSY: Final[Described] = {
    503: {"model": Failure, "description": "Too many readers already; try again later"}
}

_LONGEST = 500
_COMPLAINTS = 5


def failure(status: int, message: str) -> JSONResponse:
    """Return an error in the form that every error of this API has."""
    return JSONResponse({"status": "error", "message": _sayable(message)}, status)


def refuse_in_one_form(api: FastAPI) -> None:
    """Have every error of `api` answered in that form."""
    api.add_exception_handler(HTTPException, _refused)
    api.add_exception_handler(RequestValidationError, _not_understood)
    api.add_exception_handler(StorageError, _away)
    api.add_exception_handler(WorkerError, _away)
    api.add_exception_handler(Exception, _broken)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  what it is registered for
    answer = failure(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _not_understood(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  what it is registered for
    complaints = [_complaint(detail) for detail in error.errors()[:_COMPLAINTS]]
    return failure(400, "; ".join(complaints))


async def _away(_request: Request, error: Exception) -> JSONResponse:
    return failure(503, str(error))


async def _broken(_request: Request, _error: Exception) -> JSONResponse:
    return failure(500, "something broke in Porteiro; its log says what")


def _complaint(detail: dict[str, Any]) -> str:
    if detail["type"] == "json_invalid":
        return "the body is not JSON"
    where = ".".join(str(part)[:80] for part in detail["loc"][1:])
    said = str(detail["msg"]).removeprefix("Value error, ")
    if where:
        return f"{where}: {said}"
    if detail["type"] == "value_error":
        return said
    return "send a JSON object, with Content-Type: application/json"


def _sayable(message: str) -> str:
    """Return a message without what no UTF-8 can say, and not longer than anybody reads."""
    return message[:_LONGEST].encode(errors="backslashreplace").decode()
