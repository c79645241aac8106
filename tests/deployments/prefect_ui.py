"""Prefect's pages as a user works with them, in Chromium."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page, expect

SLOW = 60_000
"""Milliseconds that a page may take on a machine with much else to do."""
TRIES = 6
WIDTH, HEIGHT = 1200, 800
RUN = 240_000
"""Milliseconds for a flow run; it takes 10-20 s."""


class PrefectUI:
    """Opens forms, fills them in, and looks at runs and artifacts."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(SLOW)
        expect.set_options(timeout=SLOW)

    def open_form(self, deployment: str) -> None:
        """Go the user's way to the form: Deployments, the name, Run, Custom run."""
        self.page.goto(f"{self.url}/deployments")
        self.page.get_by_role("link", name=deployment, exact=True).first.click()
        self.page.get_by_role("button", name="Run", exact=True).click()
        self.page.get_by_text("Custom run").click()
        expect(self.page.get_by_text("Validate parameters")).to_be_visible()

    def field(self, title: str) -> Locator:
        """Return the innermost box of the form that has this title."""
        label = self.page.locator(".schema-form-property__label", has_text=re.compile(rf"^{re.escape(title)}( \(|$)"))
        return self.page.locator(".schema-form-property", has=label).last

    def fill(self, title: str, value: str) -> None:
        """Type into a field of text or of a number; one that is None gets a value first."""
        field = self.field(title)
        box = field.locator("textarea, input:not([type=checkbox])").first
        expect(box.or_(field.locator(".p-button-group__button").first).first).to_be_visible()
        if not box.is_visible():
            field.locator(".p-button-group__button").first.click()
        box.fill(value)

    def fill_list(self, title: str, values: list[Any]) -> None:
        """Type into the fields of a list that is filled in."""
        boxes = self.field(title).locator("input, textarea")
        for at, value in enumerate(values):
            boxes.nth(at).fill(str(value))

    def show_in_the_middle(self, title: str) -> None:
        """Scroll the form to a field, so that a picture shows what is about it."""
        self.field(title).evaluate("field => field.scrollIntoView({block: 'center'})")

    def submit(self) -> str:
        """Press Submit; go to the page of the flow run, and return its id."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/create_flow_run")) as info:
            self.page.get_by_role("button", name="Submit").click()
        assert info.value.ok, info.value.text()
        run_id = str(info.value.json()["id"])
        self.open_run(run_id)
        return run_id

    def open_run(self, run_id: str) -> None:
        self.page.goto(f"{self.url}/runs/flow-run/{run_id}")
        expect(self.page.locator(".page-heading-flow-run")).to_be_visible()

    def await_state(self, name: str) -> None:
        """Watch the page of the run until it shows a state."""
        expect(self.page.locator(".page-heading-flow-run .state-badge")).to_have_text(name, timeout=RUN)

    def retry(self) -> None:
        """Press Retry, and say yes."""
        self.page.get_by_role("button", name="Retry").click()
        self.page.locator(".p-modal").get_by_role("button", name="Retry").click()
        expect(self.page.locator(".page-heading-flow-run .state-badge")).not_to_have_text("Failed")

    def open_artifact(self, run_id: str, key: str) -> None:
        """Open an artifact by the tab of its run's page; cards are drawn only when they come into sight."""
        self.page.set_viewport_size({"width": WIDTH, "height": 3 * HEIGHT})
        card = self.page.locator(".artifact-card", has_text=key)
        for _ in range(TRIES):  # a page that was opened before the run's last records came does not ask again
            self.page.goto(f"{self.url}/runs/flow-run/{run_id}?tab=Artifacts")
            self.page.locator(".p-tabs").get_by_text("Artifacts", exact=True).click()
            with suppress(Error):
                card.click(timeout=SLOW / TRIES)
                break
        self.page.wait_for_url("**/artifacts/**")
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def width_of_picture(self) -> int:
        """Return the width in pixels of the first picture of an artifact, once it is drawn."""
        picture = self.page.locator("img[src^='data:image/']").first
        expect(picture).to_be_visible()
        return int(picture.evaluate("image => image.naturalWidth"))

    def save(self, path: Path) -> None:
        """Save what is seen as a picture, when it has come to rest."""
        self.page.wait_for_timeout(1500)
        self.page.screenshot(path=path, animations="disabled")
