"""Masters and the index in two worlds, by the adapters that functions use: our twin, and moto."""

import asyncio
import threading
from collections.abc import Iterator
from typing import NamedTuple

import boto3
import pytest
from moto.server import ThreadedMotoServer

from hub.adapters.aws.kms import KmsBlindIndex, KmsMasters
from hub.adapters.aws.signed import AwsError, AwsJson, Credentials, Endpoint
from hub.adapters.system import SystemClock
from hub.domain.kernel import CustomerId
from local.endpoint import Endpoint as LocalEndpoint
from local.kms import INDEX, KeyManagement, new_master_keys

REGION = "us-east-1"
ADA, EVE = CustomerId("ada"), CustomerId("eve")


class World(NamedTuple):
    url: str
    personal: str
    codes: str


@pytest.fixture
def kms(world: World) -> Iterator[AwsJson]:
    keys = Credentials("test", "test", None)
    endpoint = Endpoint("kms", REGION, world.url, "TrentService")
    called = AwsJson(endpoint, lambda: keys, SystemClock())
    yield called
    called.close()


@pytest.fixture(scope="module")
def twin() -> Iterator[World]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    keys = new_master_keys()
    endpoint = LocalEndpoint({"TrentService": KeyManagement(keys)})
    asyncio.run_coroutine_threadsafe(endpoint.start(), loop).result(30)
    yield World(endpoint.url, keys.current, INDEX)
    asyncio.run_coroutine_threadsafe(endpoint.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def moto() -> Iterator[World]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "kms",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    personal = client.create_key()["KeyMetadata"]["Arn"]
    index = client.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    client.close()
    yield World(url, personal, index["KeyMetadata"]["Arn"])
    server.stop()


@pytest.fixture(params=["twin", "moto"])
def world(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(request.param)
    return found


def test_a_key_is_made_and_opens_for_its_customer_alone(world: World, kms: AwsJson):
    masters = KmsMasters(kms, world.personal)
    key, wrapped = masters.new_key(ADA)
    assert len(key) == 32
    assert wrapped.master == world.personal
    assert key not in wrapped.wrapped
    assert masters.unwrap(wrapped, ADA) == key
    with pytest.raises(AwsError) as refused:
        masters.unwrap(wrapped, EVE)
    assert refused.value.kind == "InvalidCiphertextException"


def test_a_key_that_is_wrapped_anew_is_the_same(world: World, kms: AwsJson):
    masters = KmsMasters(kms, world.personal)
    key, wrapped = masters.new_key(ADA)
    anew = masters.wrap(key, ADA)
    assert anew.wrapped != wrapped.wrapped
    assert masters.unwrap(anew, ADA) == key


def test_an_address_has_one_index(world: World, kms: AwsJson):
    index = KmsBlindIndex(kms, world.codes)
    again = KmsBlindIndex(kms, world.codes)
    assert index.of("ada@example.com") == again.of("ada@example.com")
    assert index.of("ada@example.com") != index.of("eve@example.com")


def test_a_key_that_is_not_there_is_trouble(world: World, kms: AwsJson):
    with pytest.raises(AwsError):
        KmsMasters(kms, "none").new_key(ADA)
