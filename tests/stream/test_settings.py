"""Settings come from the environment; a wrong one is named, and never shown."""

import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from stream.settings import SettingsError, read_settings
from tests.stream.market import DATA
from tests.stream.servers import ROOT

NEEDED = {
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "DATABASE_URL": "postgresql://hub:secret@127.0.0.1:5432/hub",
    "DATA_DIR": str(DATA),
}


def test_two_urls_are_enough():
    settings = read_settings(NEEDED)

    assert (settings.host, settings.port, settings.grpc_port) == ("127.0.0.1", 8081, 50051)
    assert settings.grpc == "own"
    assert settings.connections_per_address == 1_000
    assert settings.replay_start == date(2012, 6, 1)
    assert (settings.replay_speed, settings.replay_closed) == (60.0, timedelta(seconds=5))
    assert settings.replay_spread_basis_points == Decimal(2)


def test_every_setting_can_be_changed():
    settings = read_settings(
        NEEDED
        | {"STREAM_CONNECTIONS_PER_ADDRESS": "0"}
        | {"STREAM_PORT": "9", "REPLAY_SPEED": "0", "REPLAY_CLOSED_SECONDS": "0.5"}
    )

    assert (settings.port, settings.replay_speed) == (9, 0.0)
    assert settings.connections_per_address is None
    assert settings.replay_closed == timedelta(seconds=0.5)


@pytest.mark.parametrize("name", ["REDIS_URL", "DATABASE_URL"])
def test_a_missing_url_is_named(name: str):
    with pytest.raises(SettingsError, match=f"{name} is not set"):
        read_settings({key: value for key, value in NEEDED.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "http://secret"),
        ("DATABASE_URL", "mysql://secret"),
        ("STREAM_PORT", "65536"),
        ("STREAM_PORT", "secret"),
        ("FEED", "secret"),
        ("STREAM_GRPC", "secret"),
        ("FEED_REDISTRIBUTE", "secret"),
        ("REPLAY_START", "secret"),
        ("REPLAY_SPEED", "-1"),
        ("REPLAY_SPEED", "nan"),
        ("REPLAY_SPEED", "Infinity"),
        ("REPLAY_CLOSED_SECONDS", "secret"),
        ("REPLAY_SPREAD_BASIS_POINTS", "-2"),
        ("DATA_DIR", "secret"),
    ],
)
def test_a_wrong_value_is_named_but_not_shown(name: str, value: str):
    with pytest.raises(SettingsError, match=f"{name} is not a") as wrong:
        read_settings(NEEDED | {name: value})

    assert "secret" not in str(wrong.value)


@pytest.mark.parametrize("name", ["secret.csv", "secret.parquet", "."])
def test_a_recording_must_be_there_and_be_csv(name: str, tmp_path: Path):
    (tmp_path / "secret.parquet").write_text("")
    with pytest.raises(SettingsError, match="FEED_FILE is not a recording") as wrong:
        read_settings(NEEDED | {"FEED": "file", "FEED_FILE": str(tmp_path / name)})

    assert "secret" not in str(wrong.value)
    with pytest.raises(SettingsError, match="FEED_FILE is not set"):
        read_settings(NEEDED | {"FEED": "file"})


@pytest.mark.parametrize("stage", ["prod", "dev", ""])
def test_only_a_local_platform_may_have_its_market_scripted(stage: str):
    with pytest.raises(SettingsError, match="STAGE local"):
        read_settings(NEEDED | {"FEED": "scripted", "STAGE": stage})

    assert read_settings(NEEDED | {"STAGE": stage}).feed == "replay"
    assert read_settings(NEEDED | {"FEED": "scripted", "STAGE": "local"}).feed == "scripted"


def test_the_program_says_what_is_missing_and_ends():
    ended = subprocess.run(
        [sys.executable, "-m", "stream"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'hub'}"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (2, "REDIS_URL is not set\n")


def test_the_image_copies_what_exists():
    lines = (ROOT / "stream" / "Dockerfile").read_text().splitlines()
    sources = [line.split()[1] for line in lines if line.startswith("COPY ")]

    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
