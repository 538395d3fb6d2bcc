"""The store of files in two worlds, by the adapter that functions use: our twin, and moto."""

import asyncio
import threading
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from hub.adapters.aws.objects import S3Objects
from hub.adapters.aws.signed import AwsError, Credentials, Endpoint
from hub.adapters.system import SystemClock
from hub.domain.kernel import UnavailableError
from local.endpoint import Endpoint as LocalEndpoint
from local.objects import FolderObjects

BUCKET = "hub-records"
REGION = "us-east-1"


def adapter(url: str, bucket: str = BUCKET) -> S3Objects:
    keys = Credentials("test", "test", None)
    return S3Objects(Endpoint("s3", REGION, url, ""), bucket, lambda: keys, SystemClock())


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    endpoint = LocalEndpoint({}, objects=FolderObjects(tmp_path_factory.mktemp("objects")))
    asyncio.run_coroutine_threadsafe(endpoint.start(), loop).result(30)
    yield endpoint.url
    asyncio.run_coroutine_threadsafe(endpoint.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_bucket(Bucket=BUCKET)
    client.close()
    yield url
    server.stop()


@pytest.fixture(params=["twin", "moto"])
def objects(request: pytest.FixtureRequest) -> S3Objects:
    return adapter(request.getfixturevalue(request.param))


def test_what_is_put_is_got_and_stays(objects: S3Objects):
    assert objects.put_new("recon/paper/2012-06-01/cash-001.csv", b"a,b\n1,2\n") is True
    assert objects.put_new("recon/paper/2012-06-01/cash-001.csv", b"other") is False

    assert objects.get("recon/paper/2012-06-01/cash-001.csv") == b"a,b\n1,2\n"


def test_what_was_never_put_is_not_there(objects: S3Objects):
    assert objects.get("nothing/here") is None
    assert list(objects.keys("nothing/")) == []


def test_keys_are_found_by_how_they_begin(objects: S3Objects):
    for key in ("list/b-1.csv", "list/a-1.csv", "other/a-1.csv", "list/a-2.csv"):
        objects.put_new(key, b"")

    assert list(objects.keys("list/")) == ["list/a-1.csv", "list/a-2.csv", "list/b-1.csv"]
    assert list(objects.keys("list/a")) == ["list/a-1.csv", "list/a-2.csv"]


def test_pages_of_keys_follow_one_another(objects: S3Objects, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hub.adapters.aws.objects._PAGE", 1)
    for number in range(3):
        objects.put_new(f"pages/{number}", b"")

    assert list(objects.keys("pages/")) == ["pages/0", "pages/1", "pages/2"]


def test_a_bucket_that_is_not_there_is_trouble_and_no_missing_file(moto: str):
    with pytest.raises(AwsError) as refused:
        adapter(moto, "another-bucket").get("key")

    assert refused.value.kind == "NoSuchBucket"


def test_a_store_that_does_not_answer_is_unavailable():
    with pytest.raises(UnavailableError):
        adapter("http://127.0.0.1:9").get("key")


@pytest.mark.parametrize("key", ["../secret", "a/../../b", ".hidden", "a//b", "a/%2e%2e/b"])
def test_the_twin_stays_in_its_folder(twin: str, key: str):
    with pytest.raises(AwsError):
        adapter(twin).put_new(key, b"")


def test_what_is_deleted_is_gone_and_may_be_deleted_again(objects: S3Objects):
    objects.put_new("deleted/one", b"1")
    objects.delete("deleted/one")
    objects.delete("deleted/one")

    assert objects.get("deleted/one") is None


def test_what_was_looked_at_is_replaced_and_nothing_else(objects: S3Objects):
    objects.put_new("replaced/one", b"1")
    found = objects.look("replaced/one")
    assert found is not None
    assert found.content == b"1"
    assert objects.replace("replaced/one", b"2", found.tag) is True
    assert objects.replace("replaced/one", b"3", found.tag) is False
    assert objects.get("replaced/one") == b"2"


def test_what_was_deleted_meanwhile_is_not_brought_back(twin: str):
    objects = adapter(twin)
    objects.put_new("replaced/two", b"1")
    found = objects.look("replaced/two")
    assert found is not None
    objects.delete("replaced/two")
    assert objects.replace("replaced/two", b"2", found.tag) is False
    assert objects.get("replaced/two") is None
