"""The generated gRPC code is that of the proto file."""

from tools.generate_protos import OUTPUT, generated


def test_the_committed_grpc_code_is_up_to_date():
    committed = {path.name: path.read_text() for path in OUTPUT.glob("*.py*")}

    assert committed == generated()
