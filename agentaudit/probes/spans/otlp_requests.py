"""
A request of OTLP over HTTP: what it is answered, and what is refused.

Sizes are bounded before a body is unpacked and after, and what is refused is not even read.
"""

import json
import zlib
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from agentaudit.probes.spans.otlp import JSON, PROTOBUF
from agentaudit.probes.spans.otlp_spans import LARGEST_BODY, OtlpError, OtlpTooLargeError

Take = Callable[[bytes, str, int], int]
"""Given a body, its media type and the sender's port: how many spans of it were refused."""

_TRACES = "/v1/traces"
_DROPPED = ("/v1/metrics", "/v1/logs")
_CHUNK = 64 * 1024
_LONGEST_LINE = 256
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_MOST_DRAINED = 4 * LARGEST_BODY


class _RefusedError(Exception):
    """A request that gets a status and a sentence."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


def handler_of(take: Take) -> type[BaseHTTPRequestHandler]:
    """What reads one request, and gives spans to `take`."""
    return type("Handler", (_Handler,), {"take": staticmethod(take)})


class _Handler(BaseHTTPRequestHandler):
    take: Take
    protocol_version = "HTTP/1.1"
    server_version = "agentaudit"
    sys_version = ""

    def do_POST(self) -> None:
        media = self.headers.get_content_type() if self.headers.get("Content-Type") else ""
        try:
            refused = self._read(media)
        except _RefusedError as error:
            self._answer(error.status, media, _problem(media, str(error)))
            self._drain()
        except OtlpTooLargeError as error:
            self._answer(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, media, _problem(media, f"the body: {error}")
            )
        except OtlpError as error:
            self._answer(HTTPStatus.BAD_REQUEST, media, _problem(media, f"the body: {error}"))
        else:
            self._answer(
                HTTPStatus.OK, media, _partly(media, refused) if refused else _whole(media)
            )

    def do_GET(self) -> None:
        """Every other method is refused, and told what would be right."""
        path = self.path.partition("?")[0]
        known = path in (_TRACES, *_DROPPED)
        status = HTTPStatus.METHOD_NOT_ALLOWED if known else HTTPStatus.NOT_FOUND
        self._answer(status, "", b"POST spans to /v1/traces\n")

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815 -- http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
        """What a recording could not take is in the recording, not on the terminal."""

    def _read(self, media: str) -> int:
        path = self.path.partition("?")[0]
        if path not in (_TRACES, *_DROPPED):
            raise _RefusedError(HTTPStatus.NOT_FOUND, "spans belong to /v1/traces")
        if media not in (PROTOBUF, JSON):
            raise _RefusedError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the content type must be {PROTOBUF} or {JSON}"
            )
        body = self._body()
        return self.take(body, media, self.client_address[1]) if path == _TRACES else 0

    def _body(self) -> bytes:
        encoding = (self.headers.get("Content-Encoding") or "identity").strip().lower()
        if encoding not in ("identity", "gzip", "deflate"):
            raise _RefusedError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the content encoding must be gzip or none"
            )
        unpacking = None if encoding == "identity" else zlib.decompressobj(_GZIP_OR_ZLIB)
        body = bytearray()
        for part in self._parts():
            try:
                left = LARGEST_BODY + 1 - len(body)
                body += unpacking.decompress(part, left) if unpacking else part
            except zlib.error as error:
                raise _RefusedError(HTTPStatus.BAD_REQUEST, f"the body: {error}") from error
            if len(body) > LARGEST_BODY:
                raise _too_large()
        if unpacking is not None and not unpacking.eof:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "the body: it is cut off")
        return bytes(body)

    def _parts(self) -> Iterator[bytes]:
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            while size := self._chunk_size():
                yield from self._exactly(size)
                self.rfile.readline(_LONGEST_LINE)
            return
        told = self.headers.get("Content-Length") or ""
        if not (told.isascii() and told.isdecimal()):
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "the length of the body is missing")
        if len(told) > len(str(LARGEST_BODY)) or int(told) > LARGEST_BODY:
            raise _too_large()
        yield from self._exactly(int(told))

    def _chunk_size(self) -> int:
        line = self.rfile.readline(_LONGEST_LINE).partition(b";")[0].strip()
        try:
            size = int(line, 16)
        except ValueError:
            size = -1
        if size < 0:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "the body: a chunk has no size")
        if size > LARGEST_BODY:
            raise _too_large()
        return size

    def _exactly(self, size: int) -> Iterator[bytes]:
        while size:
            part = self.rfile.read(min(size, _CHUNK))
            if not part:
                raise _RefusedError(HTTPStatus.BAD_REQUEST, "the body: it is cut off")
            size -= len(part)
            yield part

    def _answer(self, status: HTTPStatus, media: str, body: bytes) -> None:
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", media if media in (PROTOBUF, JSON) else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "POST")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _drain(self) -> None:
        """Whoever still sends hears our answer only when we listen to the end, as far as we can."""
        self.wfile.flush()
        drained = 0
        while drained < _MOST_DRAINED and (part := self.rfile.read1(_CHUNK)):
            drained += len(part)


def _too_large() -> _RefusedError:
    return _RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {LARGEST_BODY} bytes"
    )


def _whole(media: str) -> bytes:
    """`ExportTraceServiceResponse` when all was taken."""
    return b"{}" if media == JSON else b""


def _partly(media: str, refused: int) -> bytes:
    """`ExportTraceServiceResponse` with a partial success."""
    why = "spans without an id, or that end before they begin, or too many of them"
    if media == JSON:
        partly = {"rejectedSpans": str(refused), "errorMessage": why}
        return json.dumps({"partialSuccess": partly}).encode()
    inner = b"\x08" + _varint(refused) + b"\x12" + _varint(len(why)) + why.encode()
    return b"\x0a" + _varint(len(inner)) + inner


def _problem(media: str, why: str) -> bytes:
    """`google.rpc.Status`, as OTLP asks."""
    if media == JSON:
        return json.dumps({"message": why}).encode()
    text = why.encode("utf-8", "replace")
    return b"\x12" + _varint(len(text)) + text if media == PROTOBUF else text + b"\n"


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number >= 0x80:  # noqa: PLR2004 -- the bit that says that more follows
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)
