"""What is in the images: packages of each layer, what is left out of them, and how the containers start.

Layers: `base` is under everything of the chart; `server`, `router` and `python` lie on it. The hooks image adds two
layers that come from elsewhere: the wheels of hooks/requirements.txt, and on top our own code, which changes most
often. `wordpress` stands alone, so that a Debian in which it cannot be had only fails the tests that use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType

from ci.images.tree import Tree, file, folder, link

REPOSITORY = "localhost/mysql-innodb-cluster"
SOURCE_TITLE = "MySQL InnoDB Cluster Helm chart"
MYSQL_ID = 27  # the user of Oracle's MySQL images: data written by either can be read by the other

# Left out of every package. Copyright files stay.
DROPPED_EVERYWHERE = (
    "usr/share/man/*",
    "usr/share/info/*",
    "usr/share/locale/*",
    "usr/share/lintian/*",
    "usr/share/linda/*",
    "usr/share/bug/*",
    "usr/share/menu/*",
    "usr/share/doc-base/*",
    "usr/share/bash-completion/*",
    "usr/share/applications/*",
    "usr/share/pixmaps/*",
    "usr/share/debconf/*",
    "usr/share/gcc/*",
    "usr/share/gdb/*",
    "usr/share/apport/*",
    "usr/lib/systemd/*",
    "usr/lib/*/gconv/*",
    "etc/init.d/*",
    "etc/apparmor.d/*",
    "etc/logrotate.d/*",
    "etc/cron.*/*",
)
DOCUMENTATION = "usr/share/doc/*"
COPYRIGHT = "usr/share/doc/*/copyright"


@dataclass(frozen=True, slots=True)
class PackageLayer:
    """A layer made of Debian packages.

    `packages` are asked for by name; what they depend on comes along, except for packages that match `without`. Paths
    that match `drops` are left out, except for those that match `keeps`. `smoke` are commands that must succeed in
    the finished file system as the images' user: they prove that no library was left out.
    """

    packages: tuple[str, ...]
    on: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    smoke: tuple[tuple[str, ...], ...] = ()

    def leaves_out(self, package: str) -> bool:
        """Whether a package that others depend on is left out all the same."""
        return any(fnmatchcase(package, pattern) for pattern in self.without)

    def rules(self) -> tuple[object, ...]:
        """Everything that decides which files the layer has."""
        return (
            self.packages,
            self.on,
            self.without,
            DOCUMENTATION,
            DROPPED_EVERYWHERE,
            self.drops,
            self.keeps,
        )

    def drops_path(self, path: str) -> bool:
        """Whether a path of a package does not get into the image."""
        if fnmatchcase(path, COPYRIGHT) or any(fnmatchcase(path, pattern) for pattern in self.keeps):
            return False
        return any(
            fnmatchcase(path, pattern) for pattern in (DOCUMENTATION, *DROPPED_EVERYWHERE, *self.drops)
        )


# Scripts of packages run at install time only, on perl and debconf; no image has either.
NO_SCRIPTS: tuple[str, ...] = (
    "perl*",
    "libperl*",
    "libgdbm*",
    "libdb5*",
    "debconf",
    "libdebconfclient0",
    "libc-gconv-modules-extra",
)
NO_SCRIPTS += ("libsasl2-modules-db", "base-passwd", "debianutils", "tzdata", "netbase", "media-types")

# Debian's scripts would have made the name `php`, whatever the version, and enabled the extensions.
PHP = "exec /usr/bin/php[0-9].[0-9] -d extension=mysqlnd -d extension=mysqli -d extension=ctype -d extension=tokenizer"

PACKAGES: Mapping[str, PackageLayer] = MappingProxyType(
    {
        "base": PackageLayer(
            packages=(
                "base-files",
                "bash",
                "coreutils",
                "grep",
                "libc-bin",
                "libssl3t64",
                "libstdc++6",
                "mawk",
                "sed",
            ),
            without=NO_SCRIPTS,
            drops=("usr/bin/localedef", "usr/bin/iconv*", "usr/sbin/iconvconfig", "usr/share/misc/*"),
            smoke=(("sh", "-c", "id -un; date | sed s/x/y/ | grep -c . | awk '{ print }'"),),
        ),
        "server": PackageLayer(
            packages=("mysql-server-core", "mysql-client-core"),
            on=("base",),
            without=NO_SCRIPTS,
            drops=(
                "usr/bin/*",
                "usr/lib/mysql/plugin/authentication_*_client.so",
                "usr/lib/mysql/plugin/telemetry_client.so",
                "usr/lib/mysql/plugin/mypluglib.so",
                "usr/lib/mysql/plugin/libpluginmecab.so",
                "usr/share/mysql/*/errmsg.sys",
                "usr/share/mysql/mysql-test/*",
            ),
            keeps=(
                "usr/bin/mysql",
                "usr/bin/mysqladmin",
                "usr/bin/mysqlbinlog",
                "usr/bin/mysqldump",
                "usr/share/mysql/english/errmsg.sys",
            ),
            smoke=(
                ("mysqld", "--no-defaults", "--version"),
                ("mysql", "--version"),
                ("mysqladmin", "--version"),
                ("mysqldump", "--version"),
                ("mysqlbinlog", "--version"),
            ),
        ),
        "router": PackageLayer(
            packages=("mysql-router",),
            on=("base",),
            without=NO_SCRIPTS,
            drops=(
                "usr/bin/mysqlrouter_mrs_client",
                "usr/lib/mysqlrouter/plugin/*mrs*",
                "usr/lib/mysqlrouter/plugin/mysql_rest_service*",
            ),
            smoke=(
                ("mysqlrouter", "--version"),
                ("mysqlrouter_keyring", "--version"),
                ("mysqlrouter_passwd", "--version"),
            ),
        ),
        "python": PackageLayer(
            packages=("python3-minimal", "python3"),
            on=("base",),
            without=(*NO_SCRIPTS, "readline-common", "libreadline8*", "libncursesw6", "libsqlite3-0"),
            drops=(
                "usr/bin/py3*",
                "usr/bin/pydoc*",
                "usr/bin/pygettext*",
                "usr/lib/python3*/ensurepip/*",
                "usr/lib/python3*/idlelib/*",
                "usr/lib/python3*/pydoc_data/*",
                "usr/lib/python3*/tkinter/*",
                "usr/lib/python3*/turtledemo/*",
                "usr/lib/python3*/sqlite3/*",
                "usr/lib/python3*/dbm/*",
                "usr/lib/python3*/curses/*",
                "usr/lib/python3*/lib-dynload/_sqlite3*",
                "usr/lib/python3*/lib-dynload/_dbm*",
                "usr/lib/python3*/lib-dynload/_curses*",
                "usr/lib/python3*/lib-dynload/readline*",
                "usr/lib/python3*/lib-dynload/_test*",
                "usr/lib/python3*/lib-dynload/_xxtest*",
                "usr/share/python3/*",
                "usr/share/binfmts/*",
            ),
            smoke=(
                (
                    "python3",
                    "-c",
                    "import asyncio, ctypes, decimal, hashlib, http.server, json, lzma, ssl, tomllib, uuid",
                ),
            ),
        ),
        "wordpress": PackageLayer(
            packages=(
                "base-files",
                "bash",
                "coreutils",
                "libc-bin",
                "php-cli",
                "php-mysql",
                "wordpress",
                "wordpress-theme-twentytwentyfive",
            ),
            # A web server, a client and pictures: PHP serves the pages itself, and nobody uploads any.
            without=("*perl*", "*apache2*", "*mariadb*", "php*-gd", "libheif*", "librav1e*", "libsvtav1*"),
            smoke=(("bash", "-c", f"{PHP} -r 'exit(function_exists(\"mysqli_connect\") ? 0 : 1);'"),),
        ),
    }
)

# What the packages' scripts would have made, and what the chart mounts over.
SKELETON: Tree = {
    "etc/passwd": file(
        "root:x:0:0:root:/root:/bin/bash\n"
        f"mysql:x:{MYSQL_ID}:{MYSQL_ID}:MySQL:/nonexistent:/bin/bash\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    ),
    "etc/group": file(f"root:x:0:\nmysql:x:{MYSQL_ID}:\nnogroup:x:65534:\n"),
    "etc/nsswitch.conf": file("passwd: files\ngroup: files\nhosts: files dns\n"),
    "usr/bin/awk": link("mawk"),
    "usr/bin/sh": link("bash"),
    "var/run": link("/run"),
    "var/lock": link("/run/lock"),
    "run": folder(),
    "run/lock": folder(0o1777),
    "run/mysqld": folder(0o755, MYSQL_ID),
    "tmp": folder(0o1777),
    "var/tmp": folder(0o1777),
    "var/lib/mysql": folder(0o750, MYSQL_ID),
}


# Parts of wheels that the hooks do not use. The client's asyncio half and the connector's C half are the bulk: the
# commands here are synchronous, and the connector speaks the protocol in Python as well.
WHEELS_DROPPED = (
    "*/tests/*",
    "*/test/*",
    "*.pyi",
    "*.so.debug",
    "*.dist-info/RECORD",
    "*.dist-info/REQUESTED",
    "*.dist-info/INSTALLER",
    "bin/*",
    "kubernetes/aio/*",
    "mysql/ai/*",
    "mysql/connector/aio/*",
    "mysql/connector/django/*",
    "mysql/vendor/*",
    "_mysql_connector*",
    "_mysqlxpb*",
    "tzdata*",
)
# The asyncio half's own requirements, and those of coloured help texts: who finds rich imports it, structlog too, at every
# start.
DISTRIBUTIONS_DROPPED = (
    "aiohappyeyeballs",
    "aiohttp",
    "aiohttp_retry",
    "aiosignal",
    "attr",
    "attrs",
    "frozenlist",
    "markdown_it",
    "markdown_it_py",
    "mdurl",
    "multidict",
    "propcache",
    "pygments",
    "rich",
    "yarl",
)


def resolved_with(bottom: str) -> list[str]:
    """The package layers that lie on a bottom layer, itself first: their libraries must match."""
    return [name for name, layer in PACKAGES.items() if name == bottom or bottom in layer.on]


@dataclass(frozen=True, slots=True)
class Image:
    """An image: its layers from the bottom, and what starts in a container.

    One `for_tests` is not the chart's: an application that end-to-end tests put before it, with the tag `test`.
    """

    name: str
    title: str
    layers: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    licenses: str = "GPL-2.0-only"
    for_tests: bool = False


IMAGES: Mapping[str, Image] = MappingProxyType(
    {
        "server": Image("server", "MySQL Server", ("base", "server"), ("mysqld",)),
        "router": Image("router", "MySQL Router", ("base", "router"), ("mysqlrouter",)),
        "hooks": Image(
            "hooks",
            "MySQL InnoDB Cluster hooks and agents",
            ("base", "python", "wheels", "code"),
            ("innodb-cluster", "--help"),
            {
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": "/opt/innodb-cluster",
                "PYTHONUNBUFFERED": "1",
                "PYDANTIC_DISABLE_PLUGINS": "__all__",
                "TYPER_USE_RICH": "0",
            },
            "Apache-2.0",
        ),
        "wordpress": Image(
            "wordpress",
            "WordPress",
            ("wordpress",),
            ("bash", "-c", f"{PHP} -S 0.0.0.0:8080 -t /usr/share/wordpress"),
            {"PHP_CLI_SERVER_WORKERS": "4"},
            "GPL-2.0-or-later",
            for_tests=True,
        ),
    }
)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT: Mapping[str, str] = MappingProxyType({"PATH": PATH, "LANG": "C.UTF-8"})
