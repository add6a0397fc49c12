"""The pages that people see; one module per group of them, each with a ``router``."""

from __future__ import annotations

from fastapi import APIRouter

from lowcost.serve.pages import (
    audit,
    camera,
    capture,
    cases,
    learning,
    people,
    report,
    sign_in,
    slide,
    verify,
    vocabulary,
)
from lowcost.serve.pages.rendering import refusal, render

SIGN_IN = sign_in.ADDRESS
"""Where people sign in."""

router = APIRouter(include_in_schema=False)
for part in (cases, people, sign_in, slide, capture, camera, verify, report, learning, audit, vocabulary):
    router.include_router(part.router)

__all__ = ["SIGN_IN", "refusal", "render", "router"]
