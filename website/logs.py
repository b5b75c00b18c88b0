"""Structured logs: one line a request, with its id and its outcome; no address, no file name, nothing of a picture."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up(*, as_json: bool) -> None:
    """For the whole process: ours to stdout, and of the libraries' only what went wrong."""
    final = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            final,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
