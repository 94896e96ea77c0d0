"""Run a Samba domain controller in a network namespace of its own and relay two ports to it.

    samba_relay.py SMB_CONF READY_FILE LOG_FILE LDAP_PORT LDAPS_PORT

Samba's LDAP ports cannot be configured. Inside a namespace 127.0.0.1:389 and 636 are free, so any number of
controllers run side by side and no root is needed (user namespaces). The listening sockets are made outside, first;
then this process enters the namespace, starts `samba` there and passes bytes both ways. It writes READY_FILE when the
controller answers, and ends when the controller does, or on SIGTERM. Only the standard library: any Python runs it.
"""

import asyncio
import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

__all__ = ["main"]

LOOPBACK = "127.0.0.1"
LDAP, LDAPS = 389, 636
BACKLOG = 1024
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40  # linux/sockios.h, linux/if.h
CHUNK = 256 * 1024
LIBC = ctypes.CDLL(None, use_errno=True)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def enter_namespace() -> None:
    """Move this process into a new network namespace (and, without root, a user namespace) and raise its loopback."""
    user, group = os.getuid(), os.getgid()
    flags = CLONE_NEWNET | (CLONE_NEWUSER if user else 0)
    if LIBC.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare: no network namespace to be had")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP | IFF_RUNNING))


def start_controller(smb_conf: str, log: str) -> "subprocess.Popen[bytes]":
    """Start samba so that it dies with this process, even by SIGKILL."""
    guard = ("setpriv", "--pdeathsig", "TERM", "--")
    command = (*guard, "samba", "--foreground", "--no-process-group", "--model=single", f"--configfile={smb_conf}")
    with Path(log).open("ab") as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction to its end and pass the end on."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()


def relay_to(port: int) -> Handler:
    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))
        inner_writer.close()
        writer.close()

    return relay


async def answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


async def serve(
    listeners: dict[int, socket.socket], controller: "subprocess.Popen[bytes]", announce: Callable[[], object]
) -> None:
    """Relay until SIGTERM or the controller's end; `announce` once the controller answers."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while controller.poll() is None and not stop.is_set() and not await answers(LDAPS):  # noqa: ASYNC110 - another program's port
        await asyncio.sleep(0.03)
    for port, listener in listeners.items():
        await asyncio.start_server(relay_to(port), sock=listener)
    if controller.poll() is None:
        announce()
    while controller.poll() is None and not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), 0.2)
        except TimeoutError:
            continue
    controller.terminate()
    try:
        controller.wait(5)
    except subprocess.TimeoutExpired:
        controller.kill()
    os._exit(0 if stop.is_set() else 1)  # open relays must not hold up the end


def main(smb_conf: str, ready: str, log: str, ldap_port: str, ldaps_port: str) -> None:
    """Listen outside, then go inside."""
    listeners = {
        inner: socket.create_server((LOOPBACK, int(outer)), backlog=BACKLOG)
        for inner, outer in ((LDAP, ldap_port), (LDAPS, ldaps_port))
    }
    enter_namespace()
    asyncio.run(serve(listeners, start_controller(smb_conf, log), Path(ready).touch))


if __name__ == "__main__":
    main(*sys.argv[1:])
