"""Somebody out on the web: asks the newsroom over TLS by its name, from an address of their own."""

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.pressroom.web.asking import URLENCODED, Answer

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Visitor:
    """`authority` is the file of whom the visitor's browser believes."""

    name: str
    server: str
    client: str
    authority: Path

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, b"", headers)

    def post(self, path: str, form: Mapping[str, object]) -> Answer:
        """Send a form; follow where the answer leads."""
        body = urlencode(form, doseq=True).encode()
        origin = f"https://{self.name}"
        answer = self._ask("POST", path, body, {"content-type": URLENCODED, "origin": origin})
        onward = answer.headers.get("location", "")
        return self.get(urlsplit(onward).path) if answer.status == http.HTTPStatus.SEE_OTHER else answer

    def plain(self, path: str) -> Answer:
        """Ask without TLS."""
        return self._over(self._line(80), "GET", path, b"", {})

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        context = ssl.create_default_context(cafile=self.authority)
        line = context.wrap_socket(self._line(443), server_hostname=self.name)
        return self._over(line, method, path, body, headers)

    def _line(self, port: int) -> socket.socket:
        return socket.create_connection((self.server, port), PATIENCE, (self.client, 0))

    def _over(
        self, line: socket.socket, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        connection = http.client.HTTPConnection(self.name)
        connection.sock = line
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, named)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        given = Answer(answer.status, found, answer.read())
        connection.close()
        return given
