"""GET /.well-known/jwks.json: the public keys of access tokens."""

import json

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Raw

api = Api()


@api.get("/.well-known/jwks.json", prefix="")
def get_jwks() -> Raw:
    document = json.dumps({"keys": hub().tokens.public_keys()})
    # Short: a key that is taken out has to be forgotten, too.
    return Raw(document, "application/json", cache="public, max-age=300")


handler = api.handler()
