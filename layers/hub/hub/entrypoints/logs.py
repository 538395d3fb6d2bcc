"""One JSON line per log record, on standard output, as CloudWatch wants it."""

import logging

from aws_lambda_powertools import Logger

logger = Logger(service="hub", log_record_order=["level", "message", "timestamp"])


def _share_with_the_package() -> None:
    """Modules of the package log by their names; their records come out in the same form."""
    package = logging.getLogger("hub")
    package.handlers = logger.handlers
    package.setLevel(logging.INFO)
    package.propagate = False


_share_with_the_package()
