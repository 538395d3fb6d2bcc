"""Runs the template's Lambda functions: a fork server makes one process per environment."""

from local.functions.errors import FunctionError as FunctionError
from local.functions.errors import UnknownFunctionError as UnknownFunctionError
from local.functions.executor import Functions as Functions
from local.functions.invoke_api import InvokeApi as InvokeApi
