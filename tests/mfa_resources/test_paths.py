"""Field paths as text."""

import pytest

from mfa_resources.paths import FieldPath, format_path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("spec",), "spec"),
        (("spec", "providers", 2, "type"), "spec.providers[2].type"),
        (("spec", "a", 0, 1), "spec.a[0][1]"),
        (("stringData", "tls.key"), "stringData.tls.key"),
    ],
)
def test_a_path_is_written_as_people_write_it(path: FieldPath, text: str) -> None:
    assert format_path(path) == text
