"""WordPress before the database, and a person at its pages: installs it, publishes an article, reads it."""

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from urllib.error import HTTPError, URLError

SECONDS = 30
"""For a page. WordPress waits as long as its database does not answer."""
USER, PASSWORD = "editor", "a long enough pass-word of the editor 7"


@dataclass(frozen=True, slots=True)
class Site:
    """A WordPress at an address, and a browser with its cookies."""

    address: str
    _browser: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    )

    def page(self, path: str = "/", **form: str) -> tuple[int, str]:
        """Get a page, or post a form to it; give the status and the text."""
        data = urllib.parse.urlencode(form).encode() if form else None
        return self._ask(urllib.request.Request(self.address + path, data))

    def answers(self) -> bool:
        """Whether anything does at the address: kube-proxy may not lead there yet."""
        try:
            self.page()
        except URLError:
            return False
        return True

    def install(self) -> None:
        """Do what a person does on the installation page, and log in."""
        status, text = self.page(
            "/wp-admin/install.php?step=2",
            weblog_title="Snapshots and other stories",
            user_name=USER,
            admin_password=PASSWORD,
            admin_password2=PASSWORD,
            admin_email="editor@example.org",
            blog_public="0",
        )
        assert (status, "Success!" in text) == (200, True), text
        self.page("/wp-login.php", log=USER, pwd=PASSWORD)

    def publish(self, title: str, text: str) -> str:
        """Publish an article as the editor does, and give its path."""
        _, nonce = self.page("/wp-admin/admin-ajax.php?action=rest-nonce")
        request = urllib.request.Request(
            f"{self.address}/?rest_route=/wp/v2/posts",
            json.dumps({"title": title, "content": text, "status": "publish"}).encode(),
            {"Content-Type": "application/json", "X-WP-Nonce": nonce},
        )
        status, answer = self._ask(request)
        assert status == 201, answer
        return f"/?p={json.loads(answer)['id']}"

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._browser.open(request, timeout=SECONDS) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except TimeoutError as error:
            raise AssertionError(f"{request.full_url} did not answer in {SECONDS} s") from error
