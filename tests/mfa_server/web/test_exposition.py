"""The metrics of several processes on one page: nothing is lost, nothing is added up, and the page can be read again."""

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from mfa_server.metrics import Metrics
from mfa_server.web.exposition import exposition, merged


def page(granted: int) -> bytes:
    metrics = Metrics(CollectorRegistry())
    metrics.logons.labels("granted", "factorCompleted", 'a "client"\n').inc(granted)
    metrics.logon_seconds.labels("granted").observe(3)
    metrics.logons_waiting.set(7)
    return exposition(metrics.registry)


def samples(text: bytes) -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels["server"]): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


def test_each_process_keeps_its_own_numbers() -> None:
    found = samples(merged({"mfa-0": page(2), "mfa-1": page(5)}))
    assert found["mfa_logons_total", "mfa-0"] == 2
    assert found["mfa_logons_total", "mfa-1"] == 5
    assert found["mfa_logons_waiting", "mfa-1"] == 7
    assert found["mfa_logon_seconds_count", "mfa-0"] == 1
    assert not [name for name, _ in found if name.endswith("_created")]


def test_a_family_stands_on_the_page_once_and_keeps_its_labels() -> None:
    text = merged({"mfa-0": page(2), "mfa-1": page(5)}).decode()
    assert text.count("# TYPE mfa_logons_total counter") == 1
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {sample.labels["client"] for sample in families["mfa_logons"].samples} == {'a "client"\n'}
    assert families["mfa_logon_seconds"].type == "histogram"


def test_a_page_that_cannot_be_read_is_left_out() -> None:
    for broken in (b"\xff\xfe", b"mfa_ready{ 1", b"mfa_ready one"):
        assert {server for _, server in samples(merged({"mfa-0": page(1), "mfa-1": broken}))} == {"mfa-0"}
