"""Web pages: WARC records, HTTP messages, charsets, and the main text of HTML."""
