"""Sampled requests with documents."""

from holdfast.model.sample import SampledRequest


def make_sample(document: str | None = "{a}", service: str = "shop", weight: float = 1.0) -> SampledRequest:
    return SampledRequest(
        at=0.0, edge="e1", service=service, request_id="r", client="192.0.2.1", method="POST", path="/graphql",
        user_agent="", referer="", status=200, cause="", duration_s=0.01, weight=weight, document=document,
    )  # fmt: skip
