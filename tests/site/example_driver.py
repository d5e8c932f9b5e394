"""A worked example on its page, for which a test does what a reader would."""

from playwright.sync_api import Locator, Page


class ExampleOnPage:
    """One example, with its editor, its buttons, and what appears below."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.root = page.locator(f'[data-name="{name}"]')
        self.root.scroll_into_view_if_needed()  # editors are made as they come into view
        self.editor = self.root.locator(".cm-content")
        self.state = self.root.locator(".example-state")
        self.verdict = self.root.locator(".verdict")
        self.output = self.root.locator(".result .output")
        self.error = self.root.locator(".error")

    def button(self, name: str) -> Locator:
        """The button Run, Stop or Reset."""
        return self.root.get_by_role("button", name=name)

    def run(self) -> None:
        self.button("Run").click()

    def text(self) -> str:
        return "\n".join(self.editor.locator(".cm-line").all_text_contents())

    def write(self, code: str) -> None:
        """Replace the whole program, as pasting does."""
        self.editor.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)

    def replace(self, old: str, new: str) -> None:
        """Replace a part of the program, which must be there."""
        self.editor.wait_for()
        code = self.text()
        assert old in code
        self.write(code.replace(old, new))
