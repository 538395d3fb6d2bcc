"""Policy documents of authorizers."""

import pytest

from local.api.policy import PolicyError, evaluate

ARN = "arn:aws:execute-api:us-east-1:000000000000:local/v1/GET/orders/7"


def statement(
    effect: str, resource: object, action: str = "execute-api:Invoke"
) -> dict[str, object]:
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([], "None"),
        (statement("Allow", "*"), "Allow"),
        ([statement("Allow", ["x", "arn:aws:execute-api:*/GET/orders/?"])], "Allow"),
        ([statement("Allow", "arn:aws:execute-api:*/POST/*")], "None"),
        ([statement("Allow", "*", "execute-api:*")], "Allow"),
        ([statement("Allow", "*", "sqs:*")], "None"),
        ([statement("Allow", "*"), statement("Deny", "*/orders/*")], "Deny"),
        ([statement("Allow", "arn.aws*")], "None"),
    ],
)
def test_a_verdict(statements, verdict):
    assert evaluate({"Statement": statements}, ARN) == verdict


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"Statement": ["Allow"]},
        {"Statement": {"Effect": "Allow"}},
        {"Statement": statement("Maybe", "*")},
        {"Statement": {**statement("Allow", "*"), "Condition": {}}},
    ],
)
def test_a_document_that_is_not_understood_allows_nothing(document):
    with pytest.raises(PolicyError):
        evaluate(document, ARN)
