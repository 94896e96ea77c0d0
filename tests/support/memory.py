"""How much memory a family of processes really takes: proportional set size, where shared pages count once."""

from pathlib import Path

__all__ = ["family", "family_mebibytes"]


def family(pid: int) -> list[int]:
    """The process and everything it has forked."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


def family_mebibytes(pid: int) -> float:
    """Sum of the PSS of the whole family, in MiB."""
    return sum(map(_pss, family(pid))) / 1024


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise ValueError(f"no PSS of process {pid}")
