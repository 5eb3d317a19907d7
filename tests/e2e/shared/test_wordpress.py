"""A real application loses its data and gets it back: docs/operations/restore.md, with WordPress at its word."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.kit.api import read_all
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import ROOT, eventually, kubectl
from tests.e2e.kit.wordpress import Site
from tests.e2e.shared.test_snapshots import take

MANIFEST = ROOT / "tests" / "e2e" / "kit" / "wordpress.yaml"
DATABASE_PASSWORD = "what the 'blog' knows"
CONFIGURATION = f"""<?php
define('DB_HOST', 'mysql');
define('DB_PASSWORD', '{DATABASE_PASSWORD.replace("'", chr(92) + "'")}');
define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
"""
TITLE, TEXT = "Why we keep snapshots", "Because somebody always drops the wrong table."


@pytest.fixture
def site(shared: Release) -> Iterator[Site]:
    """WordPress as a pod before the client Service, with an account that SQL made."""
    quoted = DATABASE_PASSWORD.replace("'", "''")
    shared.query("CREATE DATABASE wordpress")
    shared.query(f"CREATE USER wordpress IDENTIFIED BY '{quoted}' REQUIRE SSL")
    shared.query("GRANT ALL ON wordpress.* TO wordpress")
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "wordpress"},
        "stringData": {"config-default.php": CONFIGURATION},
    }
    kubectl("--namespace", shared.namespace, "apply", "-f", "-", stdin=json.dumps(secret))
    shared.kubectl("apply", "-f", str(MANIFEST))
    shared.kubectl("rollout", "status", "deployment/wordpress", "--timeout=120s")
    node = read_all("node")[0]["status"]["addresses"][0]["address"]
    port = shared.get("service", "wordpress")["spec"]["ports"][0]["nodePort"]
    site = Site(f"http://{node}:{port}")
    eventually(site.answers, "an answer through the node port", 60)
    yield site
    shared.kubectl("delete", "-f", str(MANIFEST), "secret/wordpress", check=False)
    shared.query("DROP DATABASE wordpress")
    shared.query("DROP USER wordpress")
    shared.upgrade("--set", "tls.useSelfSigned=true")


def pods(release: Release) -> list[tuple[str, int]]:
    """Give uid and restarts of WordPress."""
    items = release.all("pod", selector="app.kubernetes.io/name=wordpress")
    return [(pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["restartCount"]) for pod in items]


def test_an_article_is_read_again_after_its_table_was_dropped(shared: Release, site: Site) -> None:
    """Installed, written and read through WordPress' own pages, which are never restarted; the editor stays logged in."""
    site.install()
    article = site.publish(TITLE, f"<p>{TEXT}</p>")
    before = pods(shared)
    take(shared, "--name", "article")
    later = site.publish("Written after the snapshot", "<p>Lost.</p>")
    assert TEXT in site.page(article)[1]

    shared.query("DROP TABLE wordpress.wp_posts")
    assert TEXT not in site.page(article)[1]

    shared.upgrade("--set", "restore.snapshotName=article")
    eventually(lambda: TEXT in site.page(article)[1], "the article is on its page again")
    assert TITLE in site.page("/")[1]
    assert "Lost." not in site.page(later)[1]
    again = site.publish("Written after the restore", "<p>It goes on.</p>")
    assert "It goes on." in site.page(again)[1]
    assert pods(shared) == before
    eventually(lambda: shared.status()[0] == 0, "the status is OK", 300)
