"""`mfa demo`: everything on one machine, a small directory included, and one logon told step by step.

Belongs here: the demonstration directory with its people, and the walk through a logon. Does not belong here: anything
that a real installation uses; the servers that the demonstration runs are the real ones, started as `standalone` does.
"""

from importlib.resources import files

from mfa_server.demo.directory import DemoDirectory
from mfa_server.demo.tree import DemoTree

__all__ = ["DemoDirectory", "DemoTree", "demo_tree"]


def demo_tree() -> DemoTree:
    """Return the domain example.com of the demonstration: six people, the gateway's account, the server group's own."""
    return DemoTree.from_ldif(files(__name__).joinpath("data.ldif").read_text("utf-8"))
