"""Commands that speak to a running control, over its UNIX socket or a URL."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote

import httpx
import typer
from pydantic import BaseModel, SecretStr, ValidationError

from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail
from holdfast.model.problem import ProblemDocument
from holdfast.runtime.state_dir import StateDir, default_state

ANSWER_S: Final = 150.0
"""Longer than control may take to make a revision's plan, and then to have it proved."""
Document = TypeVar("Document", bound=BaseModel)

StateOption = Annotated[
    Path, typer.Option("--state", envvar="HOLDFAST_STATE", help="Control's state directory.", show_default=False)
]
UrlOption = Annotated[
    str | None, typer.Option("--url", envvar="HOLDFAST_URL", help="Control's address, if it isn't on this machine.")
]
TokenOption = Annotated[
    Path | None,
    typer.Option("--token-file", envvar="HOLDFAST_TOKEN_FILE", help="File with the token; else that of the state."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class ControlProblem(Exception):
    """Control's answer, where it isn't what was asked for."""

    def __init__(self, document: ProblemDocument) -> None:
        super().__init__(document.detail)
        self.document = document


class Client:
    """Speaks to one control. Whatever fails is a `ControlProblem`, or ends the command."""

    def __init__(self, http: httpx.Client, where: str, token: SecretStr) -> None:
        self._http = http
        self._where = where
        self._token = token

    def get(self, kind: type[Document], path: str, /, **query: Any) -> Document:
        """A document."""
        return self._ask(kind, "GET", path, params={k: v for k, v in query.items() if v is not None})

    def send(self, kind: type[Document], method: str, path: str, body: BaseModel | None = None) -> Document:
        """What came of a request that changes something."""
        return self._ask(kind, method, path, json=body.model_dump(mode="json") if body else None)

    def delete(self, path: str) -> None:
        """Remove something that answers nothing."""
        self._request("DELETE", path)

    def _ask(self, kind: type[Document], method: str, path: str, **more: Any) -> Document:
        answer = self._request(method, path, **more)
        try:
            return kind.model_validate_json(answer.content)
        except ValidationError:
            fail(ExitCode.UNREACHABLE, f"what answers at {self._where} is not a Holdfast of this version")

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        try:
            answer = self._http.request(method, path, headers=headers, **more)
        except httpx.HTTPError as error:
            fail(ExitCode.UNREACHABLE, f"no control answers at {self._where} ({error}); `holdfast up` starts one")
        if answer.is_success:
            return answer
        try:
            raise ControlProblem(ProblemDocument.model_validate_json(answer.content))
        except ValidationError:
            fail(ExitCode.UNREACHABLE, f"what answers at {self._where} is no Holdfast: HTTP {answer.status_code}")


def path_to(collection: str, name: str) -> str:
    """The path of something with this name, whatever characters it has."""
    return f"{collection}/{quote(name, safe='')}"


@contextmanager
def open_client(state: Path, url: str | None, token_file: Path | None) -> Iterator[Client]:
    """A client for a URL, or for the control of a state directory."""
    places = StateDir(state)
    path = token_file or places.admin_token
    try:
        token = SecretStr(path.read_text().strip())
    except FileNotFoundError:
        hint = "give --token-file" if url else f"no control has run with {state}; `holdfast up` starts one"
        fail(ExitCode.UNREACHABLE, f"there is no token at {path}: {hint}")
    except OSError as error:
        fail(ExitCode.FORBIDDEN, f"the token at {path} can't be read: {error.strerror}")
    transport = None if url else httpx.HTTPTransport(uds=str(places.socket))
    with httpx.Client(base_url=url or "http://control", transport=transport, timeout=ANSWER_S) as http:
        yield Client(http, url or str(state), token)


@contextmanager
def reach_control(state: Path, url: str | None, token_file: Path | None) -> Iterator[Client]:
    """A client as by `open_client`; what control won't do ends the program, with the exit code for it."""
    try:
        with open_client(state, url, token_file) as client:
            yield client
    except ControlProblem as problem:
        fail(_code_of(problem.document), problem.document.detail)


def with_client(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command, as its first argument, a client made from the options that say which control is meant."""

    @wraps(command)
    def run(state: Path, url: str | None, token_file: Path | None, **arguments: Any) -> None:
        with reach_control(state, url, token_file) as client:
            command(client, **arguments)

    _, *own = inspect.signature(command).parameters.values()
    keyword = inspect.Parameter.KEYWORD_ONLY
    added = [
        inspect.Parameter("state", keyword, default=default_state(), annotation=StateOption),
        inspect.Parameter("url", keyword, default=None, annotation=UrlOption),
        inspect.Parameter("token_file", keyword, default=None, annotation=TokenOption),
    ]
    parameters = [*(parameter.replace(kind=keyword) for parameter in own), *added]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _code_of(problem: ProblemDocument) -> ExitCode:
    if problem.status in {401, 403}:
        return ExitCode.FORBIDDEN
    if problem.code == "revision_rolled_back":
        return ExitCode.ROLLED_BACK
    return ExitCode.USAGE if problem.code == "request_malformed" else ExitCode.REFUSED
