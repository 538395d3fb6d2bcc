"""grpc.reflection: what is offered here, for clients that have no proto files."""

from collections.abc import Callable, Mapping, Sequence

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import Default, DescriptorPool
from grpc_reflection.v1alpha import reflection_pb2 as messages

from stream.h2.behaviours import parsed
from stream.h2.call import Behaviour, Call
from stream.h2.connection import Method
from stream.h2.status import Status

# The same messages under both names; clients ask for the newer one first.
SERVICE = "grpc.reflection.v1alpha.ServerReflection"
_NEWER = "grpc.reflection.v1.ServerReflection"


def methods(services: Sequence[str]) -> Mapping[str, Method]:
    """By path."""

    def open_call(call: Call, _caller: object) -> Behaviour:
        return _Reflection(call, services)

    return {
        f"/{name}/ServerReflectionInfo": Method(open_call, for_anybody=True)
        for name in (SERVICE, _NEWER)
    }


class _Reflection:
    """One client's questions, answered one by one."""

    def __init__(self, call: Call, services: Sequence[str]) -> None:
        self._call = call
        self._services = services
        self._pool: DescriptorPool = Default()

    def received(self, message: bytes) -> None:
        """Raises CallError."""
        request = parsed(messages.ServerReflectionRequest, message)
        response = self._answer(request)
        response.valid_host = request.host
        response.original_request.CopyFrom(request)
        self._call.write(response.SerializeToString())

    def finished(self) -> None:
        self._call.end()

    def writable(self) -> None: ...

    def left(self) -> None: ...

    def _answer(
        self, request: messages.ServerReflectionRequest
    ) -> messages.ServerReflectionResponse:
        pool = self._pool
        kind = request.WhichOneof("message_request")
        if kind == "list_services":
            names = [messages.ServiceResponse(name=name) for name in self._services]
            listed = messages.ListServiceResponse(service=names)
            return messages.ServerReflectionResponse(list_services_response=listed)
        if kind == "file_by_filename":
            return _file(lambda: pool.FindFileByName(request.file_by_filename))
        if kind == "file_containing_symbol":
            return _file(lambda: pool.FindFileContainingSymbol(request.file_containing_symbol))
        if kind == "all_extension_numbers_of_type":
            return _extensions(pool, request.all_extension_numbers_of_type)
        return _refusal(Status.NOT_FOUND, "there are no extensions")


def _file(find: Callable[[], FileDescriptor]) -> messages.ServerReflectionResponse:
    """The file and all that it rests on."""
    try:
        waiting = [find()]
    except KeyError:
        return _refusal(Status.NOT_FOUND, "there is no such thing")
    found: dict[str, bytes] = {}
    while waiting:
        file = waiting.pop()
        if file.name not in found:
            found[file.name] = file.serialized_pb
            waiting += file.dependencies
    described = messages.FileDescriptorResponse(file_descriptor_proto=list(found.values()))
    return messages.ServerReflectionResponse(file_descriptor_response=described)


def _extensions(pool: DescriptorPool, name: str) -> messages.ServerReflectionResponse:
    try:
        kind = pool.FindMessageTypeByName(name)
    except KeyError:
        return _refusal(Status.NOT_FOUND, "there is no such thing")
    numbers = [each.number for each in pool.FindAllExtensions(kind)]
    told = messages.ExtensionNumberResponse(base_type_name=name, extension_number=numbers)
    return messages.ServerReflectionResponse(all_extension_numbers_response=told)


def _refusal(status: Status, reason: str) -> messages.ServerReflectionResponse:
    error = messages.ErrorResponse(error_code=status, error_message=reason)
    return messages.ServerReflectionResponse(error_response=error)
