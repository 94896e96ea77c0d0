"""Fuzz targets: bytes in, and only the documented errors come out. Each runs as a script and, briefly, as a test."""
