"""The REST front door: what API Gateway does between a client and the functions."""

from local.api.server import RestApi as RestApi
