"""``python -m mfa_server.cli``: the same program where no ``mfa`` is installed on the path."""

from mfa_server.cli import main

__all__: list[str] = []

main()
