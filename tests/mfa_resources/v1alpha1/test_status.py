"""What the operator writes back."""

from mfa_resources.v1alpha1 import KINDS
from mfa_resources.v1alpha1.status import STATUS, GroupStatus, SyncStatus


def test_every_kind_has_a_status() -> None:
    assert STATUS.keys() == KINDS.keys()


def test_the_status_of_the_contract_is_taken() -> None:
    status = GroupStatus.model_validate(
        {
            "observedGeneration": 7,
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "reason": "AllServersReady",
                    "message": "",
                    "lastTransitionTime": "2026-11-24T10:00:00Z",
                }
            ],
            "replicas": 3,
            "readyReplicas": 3,
            "selector": "mfa-operator.io/group=main",
            "targetPrimary": "main-1",
            "currentPrimary": "main-1",
            "servers": [
                {
                    "name": "main-0",
                    "address": "10.1.2.3",
                    "role": "Secondary",
                    "connected": True,
                    "ready": True,
                    "version": "1.0.0",
                    "bundle": "sha256:0",
                    "certificateExpires": "2027-01-01T00:00:00Z",
                }
            ],
            "endpoints": [{"name": "ldaps", "address": "192.0.2.53", "port": 636}],
            "certificates": [
                {
                    "name": "front",
                    "notAfter": "2027-01-01T00:00:00Z",
                    "renewalTime": "2026-12-01T00:00:00Z",
                    "source": "OperatorCA",
                }
            ],
            "attachments": {"accepted": 6, "refused": 1},
            "bundle": {"digest": "sha256:0", "generation": 41},
        }
    )
    assert status.servers[0].role == "Secondary"


def test_a_sync_sources_status_adds_its_runs() -> None:
    status = SyncStatus.model_validate(
        {
            "lastSuccess": "2026-11-24T10:00:00Z",
            "lastRun": {"read": 5, "added": 1},
            "guard": {"state": "Holding", "digest": "d", "wouldRemove": 43},
            "phonesOnHold": 1,
            "phonesInvalid": 0,
        }
    )
    assert status.guard is not None
    assert status.guard.would_remove == 43
