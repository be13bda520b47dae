"""The bundled sample: an invented world told in Korean and English, written as raw sources with their gold."""
