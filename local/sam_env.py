"""`./dev sam-env`: the variables with which `sam local` meets a platform's database and cache."""

import json
from collections.abc import Sequence

from local.kms import FILE, INDEX, master_keys
from local.options import ROOT
from local.progress import say
from local.services.ports import known_ports
from local.state import state_folder

HOST = "host.docker.internal"


def sam_env(_words: Sequence[str]) -> int:
    folder = state_folder(ROOT)
    ports = known_ports(folder)
    if "postgres" not in ports:
        say("There is no platform yet whose servers could be named.\n  -> ./dev run once")
        return 1
    password = (folder / "hub_app.password").read_text()
    target = ROOT / "events" / "env.docker.json"
    endpoint = f"http://{HOST}:{ports['aws']}"
    variables = {
        "DATABASE_URL": f"postgresql://hub_app:{password}@{HOST}:{ports['postgres']}/hub",
        "REDIS_URL": f"redis://{HOST}:{ports['valkey']}/0",
        "AWS_ENDPOINT_URL": endpoint,
        "PERSONAL_KEY": master_keys(folder / FILE).current,
        "INDEX_KEY": INDEX,
    }
    target.write_text(json.dumps({"Parameters": variables}, indent=1) + "\n")
    target.chmod(0o600)
    say(
        f"{target.relative_to(ROOT)} is written. The servers listen on loopback only: with Docker's"
        "\nhost network (`sam local start-api --docker-network host`) they are in reach.\n"
        f"  -> sam local invoke GetLive -e events/operations/get_live.json -n {target.name}"
    )
    return 0
