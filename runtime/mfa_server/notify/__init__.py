"""Reaching people: one module per provider, and the notifier that tries them in order.

Belongs here: providers of text messages (later calls, push and mail) behind one small protocol, and the order in which they are
tried. Does not belong here: the wording (``factors``), deciding who is asked (``auth``), reading manifests (``app``).
"""

from mfa_server.notify.console import ConsoleProvider
from mfa_server.notify.texts import TextNotifier, TextProvider

__all__ = ["ConsoleProvider", "TextNotifier", "TextProvider"]
