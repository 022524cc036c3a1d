"""What deploy/ holds does what the how-to says: nginx in front of the application, and the unit."""

import asyncio
import re
import shutil
import subprocess
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from feeds.tree import publish
from pressroom.bootstrap import open_pressroom
from pressroom.web.application import application
from pressroom.web.requests import client_address
from pressroom.web.tree import PublicTree
from tests.machine import container, walk
from tests.machine.howto import HOW_TO, Line, sections
from tests.pressroom.newsrooms import a_newsroom, at, loaded
from tests.pressroom.web.sockets import ask, free_port, served
from tests.scenarios import NOW

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
TABLE_OF_THE_UNIT = re.compile(r"^\| Line of the unit .*?(?=\n\n)", re.MULTILINE | re.DOTALL)
FRAME = """\
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  {site}
}}
"""


@dataclass(frozen=True, slots=True)
class Behind:
    """The application behind nginx: the port to ask, and nginx's own log."""

    port: int
    log: Path


async def who(request: Request) -> PlainTextResponse:
    proxies = (ip_network("127.0.0.0/8"),)
    return PlainTextResponse(f"{client_address(request, proxies)} {request.headers['host']}")


def site_of(folder: Path, port: int, behind: int) -> str:
    """Give deploy/nginx.conf without its certificate, on ports of ours."""
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    text = re.sub(r"    listen (\[::\]:)?(80|443 ssl http2);\n|    ssl_certificate\S* \S+;\n", "", text)
    first, second, rest = text.partition("\nserver {\n")
    plain, again, main = rest.partition("\nserver {\n")
    first += f"{second}    listen 127.0.0.1:{free_port()};\n{plain}"
    text = f"{first}{again}    listen 127.0.0.1:{port};\n{main}"
    return text.replace("127.0.0.1:8000", f"127.0.0.1:{behind}").replace("/var/log/nginx", str(folder))


@asynccontextmanager
async def nginx(folder: Path, behind: int) -> AsyncIterator[Behind]:
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(FRAME.format(folder=folder, site=site_of(folder, port, behind)), "utf-8")
    process = subprocess.Popen(
        [NGINX, "-p", str(folder), "-c", str(config)], stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(100):
            try:
                await ask(port, "/healthz")
                break
            except OSError:
                assert process.poll() is None, process.communicate()[1]
                await asyncio.sleep(0.05)
        yield Behind(port, folder / "newsroom.log")
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Behind]:
    with open_pressroom(loaded(a_newsroom(tmp_path / "room")), at(NOW)) as room:
        files = {"index.html": b"<h1>Front</h1>" * 100, "404.html": b"nowhere"}
        publish(room.config.feeds.output, files.items(), ())
        tree = PublicTree(room.config.feeds.output, "", room.clock)
        tree.refresh()
        routes = [Route("/subscribe", who), Route("/confirm/{token}", who)]
        folder = tmp_path / "nginx"
        folder.mkdir()
        async with served(application(room, tree, routes)) as port, nginx(folder, port) as found:
            yield found


async def test_behind_nginx_clients_are_known_and_everything_passes_through(behind: Behind) -> None:
    told = await ask(behind.port, "/subscribe", x_forwarded_for="203.0.113.9")
    assert told.body == b"127.0.0.1 news.example.org", "what the client says of itself is not believed"
    whole = await ask(behind.port, "/", accept_encoding="br")
    assert (whole.status, whole.headers["content-encoding"]) == (200, "br")
    assert whole.headers["strict-transport-security"]
    assert "default-src 'none'" in whole.headers["content-security-policy"]
    same = await ask(behind.port, "/", accept_encoding="br", if_none_match=whole.headers["etag"])
    assert same.status == 304
    assert (await ask(behind.port, "/nowhere")).status == 404
    assert (await ask(behind.port, "/metrics")).status == 404
    assert (await ask(behind.port, "/subscribe", "POST", b"x" * 100_000)).status == 413


async def test_the_log_of_nginx_holds_no_token(behind: Behind) -> None:
    assert (await ask(behind.port, "/confirm/s3cr3t")).status == 200
    for path in ("//confirm/s3cr3t", "/%63onfirm/s3cr3t", "/news/confirm/s3cr3t", "/Confirm/s3cr3t?x"):
        await ask(behind.port, path)
    from_there = "http://news.example.org/preferences/s3cr3t"
    assert (await ask(behind.port, "/subscribe?seen=1", referer=from_there)).status == 200
    for _ in range(50):
        if behind.log.exists() and "seen=1" in behind.log.read_text("utf-8"):
            break
        await asyncio.sleep(0.05)
    assert "seen=1" in behind.log.read_text("utf-8")
    assert "s3cr3t" not in behind.log.read_text("utf-8")


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return [line for section in sections(HOW_TO.read_text("utf-8")).values() for line in section]


def test_the_unit_names_what_the_how_to_makes(lines: list[Line]) -> None:
    """Its program, its folders and its user are made by the lines; the table explains what it says."""
    unit = (DEPLOY / "pressroom.service").read_text("utf-8")
    commands = "\n".join(line.command for line in lines)
    for key in ("WorkingDirectory", "ExecStart", "ReadWritePaths", "User"):
        found = re.search(rf"^{key}=(.*)$", unit, re.MULTILINE)
        assert found, key
        assert [each for each in found[1].split() if each not in f"{commands} run"] == [], key
    for name in re.findall(r"`(\w+)(?:=|…)", TABLE_OF_THE_UNIT.search(HOW_TO.read_text("utf-8"))[0]):  # type: ignore[index]
        assert re.search(rf"^(Environment=)?{name}", unit, re.MULTILINE), name


def test_every_file_to_deploy_is_in_the_how_to_and_the_other_way_round(lines: list[Line]) -> None:
    named = {each for line in lines for each in re.findall(r"deploy/([\w.-]+)", line.command)}
    assert named == {file.name for file in DEPLOY.iterdir()}


def test_the_how_to_installs_the_version_that_there_is(lines: list[Line]) -> None:
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))["project"]
    wheels = {each for line in lines for each in re.findall(r"pressroom-([\d.]+)-py3", line.command)}
    assert project["version"] in wheels
    assert len(wheels) == 2, "this version, and one to upgrade to"


def test_everything_that_the_machines_walk_follows_is_in_the_how_to() -> None:
    sources = (Path(walk.__file__), Path(container.__file__))
    followed = {
        name for file in sources for name in re.findall(r'follow\("([^"]+)"', file.read_text("utf-8"))
    }
    assert followed == set(sections(HOW_TO.read_text("utf-8")))


def test_a_line_that_says_not_whose_it_is_is_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        sections("## 1\n\n```console\napt-get update\n```\n")


def test_what_the_image_is_made_of_is_all_that_is_let_into_it() -> None:
    let_in = re.findall(r"^!(\S+)$", (DEPLOY.parent / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    build = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"][
        "targets"
    ]
    wheel = {*build["wheel"]["packages"], *build["wheel"]["force-include"]}
    assert set(let_in) == wheel | {"pyproject.toml", "requirements.lock", "README.md", "LICENSE"}
