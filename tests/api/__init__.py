"""What only a real Kubernetes API server can say about the product.

Here: CRDs, examples and manifests against the server that customers run. Not here: the operator's own decisions (pure, in
tests/mfa_operator) and anything that needs nodes or pods (tests/cluster). Every test asks for `kube_api`.
"""

__all__: list[str] = []
