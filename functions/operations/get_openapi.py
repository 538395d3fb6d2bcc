"""GET /openapi.json: the API's description, generated from the handlers."""

from pathlib import Path

from hub.entrypoints.http import Api, Raw

api = Api()


@api.get("/openapi.json")
def get_openapi() -> Raw:
    document = Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")
    return Raw(document, "application/json")


handler = api.handler()
