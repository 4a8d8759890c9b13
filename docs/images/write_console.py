# noqa: INP001 - a script
"""Take console.png, beside this file: the console's overview as a browser shows it.

Run `./dev demo` in another terminal first, then this.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from holdfast.runtime.state_dir import StateDir, default_state

_ADDRESS: Final = "http://127.0.0.1:9900"
_WIDTH: Final = 1280
_HEIGHT: Final = 800


def take_picture(address: str, secret: str, path: Path) -> None:
    """Sign in, wait until the page keeps itself up to date, and take it as PNG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        page.goto(f"{address}/console/")
        page.get_by_label("Token").fill(secret)
        page.get_by_role("button", name="Sign in").click()
        page.locator("#live-state[data-state=live]").wait_for()
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    _address = sys.argv[1] if len(sys.argv) > 1 else _ADDRESS
    _secret = StateDir(default_state() / "demo").admin_token.read_text().strip()
    take_picture(_address, _secret, Path(__file__).with_name("console.png"))
