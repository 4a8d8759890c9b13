"""Somebody at the console, and everything that their browser complained of or asked elsewhere."""

from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response, expect

from fakes.console import ServedConsole

SERIOUS = {"error", "warning"}


class Visit:
    """A browser page, watched from its first request on."""

    def __init__(self, page: Page, console: ServedConsole) -> None:
        self.page = page
        self.console = console
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = ()
        """Parts of complaints that a test brings about on purpose."""
        self.bytes = 0
        page.on("request", self._note_request)
        page.on("response", self._note_response)
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str) -> Page:
        """Open a path of the console."""
        self.page.goto(self.console.url + path)
        return self.page

    def sign_in(self, name: str = "ann", path: str = "/") -> Page:
        """Open a path, by way of the login page."""
        self.go(path)
        self.page.get_by_label("Token").fill(name)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.locator("#live-state")).to_be_attached()
        return self.page

    def wait_live(self) -> None:
        """Wait until the page keeps itself up to date."""
        expect(self.page.locator("#live-state")).to_have_text("Live")

    def check_quiet(self) -> None:
        """Nothing was asked of another host, and nothing went wrong."""
        assert self.hosts <= {urlsplit(self.console.url).netloc}
        assert [each for each in self.complaints if not any(part in each for part in self.expected)] == []

    def _note_request(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)

    def _note_response(self, response: Response) -> None:
        self.bytes += int(response.headers.get("content-length", 0))

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in SERIOUS:
            self.complaints.append(message.text)
