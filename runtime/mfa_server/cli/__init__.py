"""The command ``mfa``: arguments in, texts and exit codes out.

Belongs here: one module per subject, each with the commands about it; the printers; the client of the control socket. Manners:
``--help`` teaches by an example; results go to standard output, everything else to standard error; an error is one line
``mfa: what happened; what to do``; colour and drawn tables appear on a terminal only; exit codes are 0 (done), 1 (said no or could
not) and 2 (wrong usage). Does not belong here: any decision. What a command needs is imported when it runs, so that help is quick.
"""

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process and end it with the command's exit code."""
    import sys

    from mfa_server.cli.program import run

    sys.exit(run(sys.argv[1:]))
