"""GET /docs: the API's explorer (Swagger UI, as Powertools ships it)."""

from functools import cache
from pathlib import Path

from aws_lambda_powertools.event_handler import openapi
from aws_lambda_powertools.event_handler.openapi.swagger_ui import generate_swagger_html

from hub.entrypoints.http import Api, Raw

api = Api()


@cache
def _page() -> str:
    assets = Path(openapi.__file__).parent / "swagger_ui"
    return generate_swagger_html(
        spec=Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"),
        swagger_js=(assets / "swagger-ui-bundle.min.js").read_text(encoding="utf-8"),
        swagger_css=(assets / "swagger-ui.min.css").read_text(encoding="utf-8"),
        swagger_base_url="",
        oauth2_config=None,
        persist_authorization=True,
    )


@api.get("/docs")
def get_docs() -> Raw:
    return Raw(_page(), "text/html; charset=utf-8")


handler = api.handler()
