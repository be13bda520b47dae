"""WARC files for tests, written by the book."""

import gzip

DATE = "2024-04-25T16:24:44Z"


def record(kind: str, url: str, block: bytes, content_type: str, identifier: str = "", length: int = -1) -> bytes:
    """One record; ``length`` is what it claims, where that is not the truth."""
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {url}",
        f"WARC-Date: {DATE}",
        *([f"WARC-Record-ID: <{identifier}>"] if identifier else []),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(block) if length < 0 else length}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def response(
    url: str, body: bytes, fields: str = "Content-Type: text/html", status: int = 200, **claims: object
) -> bytes:
    """A response record that holds an HTTP message."""
    head = f"HTTP/1.1 {status} OK\r\n{fields}\r\n\r\n".encode()
    kind = "application/http; msgtype=response"
    return record("response", url, head + body, kind, **claims)  # type: ignore[arg-type]


def packed(*records: bytes) -> bytes:
    """Each record as a member of its own."""
    return b"".join(gzip.compress(one) for one in records)


def page(*paragraphs: str) -> str:
    """A page with a menu before its text and a footer after it."""
    menu = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in ("정치", "경제", "사회", "스포츠", "로그인"))
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    head = "<title>제목</title><script>var x = '글';</script>"
    footer = "<footer>상호: 모람일보 | 대표: 홍길동</footer>"
    body = f"<div class='top'><ul>{menu}</ul></div><div class='body'>{text}</div>{footer}"
    return f"<html><head>{head}</head><body>{body}</body></html>"
