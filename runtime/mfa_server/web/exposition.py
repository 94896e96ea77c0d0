"""The metrics of several processes as one page: the same families, each sample told apart by the label ``server``.

One process of a machine answers the monitor for all. Adding the numbers up instead would make counters fall whenever a process
restarts; with a label of their own they are what monitors expect.
"""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from typing_extensions import override

__all__ = ["CONTENT_TYPE", "exposition", "merged"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(registry: CollectorRegistry) -> bytes:
    """Return what one process counted, in Prometheus' text format."""
    return generate_latest(registry)


def merged(pages: Mapping[str, bytes]) -> bytes:
    """Return one page out of several, by server name. A page that cannot be read is left out: a monitor needs the others."""
    families: dict[str, Metric] = {}
    for server, page in sorted(pages.items()):
        try:
            found = list(text_string_to_metric_families(page.decode()))
        except (ValueError, KeyError):  # KeyError: a type the format does not know
            continue
        for family in found:
            if not family.name.endswith("_created"):  # when a series began: noise in this format
                _add(families.setdefault(family.name, _empty(family)), family, server)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(families.values()))
    return generate_latest(registry)


def _empty(family: Metric) -> Metric:
    return Metric(family.name, family.documentation, family.type)


def _add(to: Metric, family: Metric, server: str) -> None:
    for sample in family.samples:
        to.add_sample(sample.name, {**sample.labels, "server": server}, sample.value)


class _Families(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    @override
    def collect(self) -> Iterable[Metric]:
        return self._families
