"""Real peers and small tools that the tests stand on.

Here live the directories (OpenLDAP, Samba AD), the Kubernetes API server, certificates, ports, a manual clock and
golden files. A peer is the real program, started on loopback with its own folders; a double has no place here unless
no real peer exists. Nothing of the product lives here and nothing here knows a server's decisions: tests decide.
Import the module you need (`from tests.support.clock import ManualClock`); most tests only request a fixture.
"""

__all__: list[str] = []
