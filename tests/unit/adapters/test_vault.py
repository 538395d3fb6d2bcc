"""Seals: what opens, where, and how long a key stays in memory."""

import pytest

from hub.adapters import vault
from hub.adapters.aws.kms import KmsBlindIndex, KmsMasters
from hub.adapters.vault import CustomerSeal, ShelvedKeys
from hub.application.ports.objects import Stored
from hub.application.ports.vault import BrokenSealError, Field
from hub.domain.kernel import CustomerId
from local.kms import INDEX, rotated
from tests.fixtures.ports import HeldKms, HeldObjects, MovedClock

ADA, EVE = CustomerId("ada"), CustomerId("eve")
FIELD = Field("users", "email", "ada")


def ring(kms: HeldKms, shelf: HeldObjects, clock: MovedClock | None = None) -> ShelvedKeys:
    return ShelvedKeys(KmsMasters(kms, kms.masters.current), shelf, clock or MovedClock())


@pytest.mark.parametrize(
    "field",
    [
        FIELD._replace(table="accounts"),
        FIELD._replace(column="name"),
        FIELD._replace(row="eve"),
    ],
)
def test_a_value_opens_where_it_was_sealed_and_nowhere_else(field: Field):
    seal = CustomerSeal(ADA, b"k" * 32)
    sealed = seal.close(FIELD, b"ada@example.com")
    assert seal.open(FIELD, sealed) == b"ada@example.com"
    with pytest.raises(BrokenSealError):
        seal.open(field, sealed)


def test_a_value_opens_for_its_customer_and_their_key_alone():
    sealed = CustomerSeal(ADA, b"k" * 32).close(FIELD, b"ada@example.com")
    for other in (CustomerSeal(EVE, b"k" * 32), CustomerSeal(ADA, b"l" * 32)):
        with pytest.raises(BrokenSealError):
            other.open(FIELD, sealed)


@pytest.mark.parametrize("at", [0, 1, 13, -1])
def test_a_value_that_was_changed_does_not_open(at: int):
    seal = CustomerSeal(ADA, b"k" * 32)
    sealed = bytearray(seal.close(FIELD, b"ada@example.com"))
    sealed[at] ^= 1
    with pytest.raises(BrokenSealError):
        seal.open(FIELD, bytes(sealed))
    with pytest.raises(BrokenSealError):
        seal.open(FIELD, b"")


def test_a_mark_is_the_same_for_the_same_of_one_customer_alone():
    seal = CustomerSeal(ADA, b"k" * 32)
    mark = seal.mark("device", b"a browser")
    assert mark == CustomerSeal(ADA, b"k" * 32).mark("device", b"a browser")
    others = {
        seal.mark("device", b"another browser"),
        seal.mark("address", b"a browser"),
        seal.mark("devic", b"e\0a browser"),
        CustomerSeal(EVE, b"l" * 32).mark("device", b"a browser"),
    }
    assert len(others) == 4
    assert mark not in others


def test_the_same_value_is_sealed_differently_each_time():
    seal = CustomerSeal(ADA, b"k" * 32)
    assert seal.close(FIELD, b"x") != seal.close(FIELD, b"x")


def test_a_key_is_asked_for_again_after_a_while_and_when_there_are_many(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(vault, "MOST_KEPT", 2)
    kms, shelf, clock = HeldKms(), HeldObjects(), MovedClock()
    keys = ring(kms, shelf, clock)
    customers = [CustomerId(each) for each in ("a", "b", "c")]
    for each in customers:
        keys.make(each)
    kms.asked.clear()
    keys.of(customers[2])
    assert kms.asked == []
    keys.of(customers[0])
    assert kms.asked == ["Decrypt"]
    clock.advance(vault.KEPT_FOR.total_seconds())
    keys.of(customers[0])
    assert kms.asked == ["Decrypt", "Decrypt"]


def test_a_key_that_is_made_twice_is_the_first():
    kms, shelf = HeldKms(), HeldObjects()
    first, second = ring(kms, shelf), ring(kms, shelf)
    first.make(ADA)
    sealed = first.of(ADA).close(FIELD, b"x")
    second.make(ADA)
    assert second.of(ADA).open(FIELD, sealed) == b"x"


def test_a_wrapped_key_opens_for_its_customer_alone():
    kms, shelf = HeldKms(), HeldObjects()
    keys = ring(kms, shelf)
    keys.make(ADA)
    shelf.files["customers/eve"] = shelf.files["customers/ada"]
    with pytest.raises(Exception, match="InvalidCiphertext"):
        keys.of(EVE)


class ErasedMeanwhile(HeldObjects):
    """Whoever looks at a key is overtaken by its destruction."""

    def look(self, key: str) -> Stored | None:
        found = super().look(key)
        self.files.pop(key, None)
        return found


def test_wrapping_anew_brings_no_destroyed_key_back():
    kms, shelf = HeldKms(), ErasedMeanwhile()
    ring(kms, shelf).make(ADA)
    kms.masters = rotated(kms.masters)
    ring(kms, shelf).rewrap(ADA)
    assert shelf.files == {}


def test_an_address_is_found_by_the_key_of_the_index():
    kms, other = HeldKms(), HeldKms()
    other.masters = other.masters._replace(codes=b"o" * 32)
    index = KmsBlindIndex(kms, INDEX)
    assert index.of("ada@example.com") == KmsBlindIndex(kms, INDEX).of("ada@example.com")
    assert len(index.of("ada@example.com")) == 32
    assert index.of("ada@example.com") != index.of("eve@example.com")
    assert index.of("ada@example.com") != KmsBlindIndex(other, INDEX).of("ada@example.com")
    assert kms.asked == ["GenerateMac"] * 2
