"""The environment variables that Lambda itself sets."""

import sys
import uuid
from collections.abc import Mapping

from local.template.catalogue import REGION
from local.template.model import FunctionSpec

_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def function_variables(spec: FunctionSpec, given: Mapping[str, str]) -> dict[str, str]:
    """Reserved variables of one environment. Credentials are dummies unless given."""
    credentials = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
    }
    return {
        **{name: given.get(name, value) for name, value in credentials.items()},
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{_VERSION}",
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"local/[$LATEST]{uuid.uuid4().hex}",
        "LAMBDA_TASK_ROOT": str(spec.code_uri),
        "_HANDLER": spec.handler,
    }
