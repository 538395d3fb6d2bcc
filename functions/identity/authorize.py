"""The API's authorizer: verifies every token and key, so that no other function has to."""

from hub.bootstrap import hub
from hub.entrypoints.authorizer import authorizer

handler = authorizer(lambda credential: hub().authorize(credential))  # wired when first called
