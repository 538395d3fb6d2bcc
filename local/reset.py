"""`./dev reset`: throw the platform's data away."""

from collections.abc import Sequence

from local.options import ROOT
from local.progress import say
from local.services.errors import StartError
from local.state import StateFolder, state_folder


def reset(_words: Sequence[str]) -> int:
    """Raises StartError while the platform runs."""
    folder = StateFolder(state_folder(ROOT))
    folder.take()
    try:
        folder.empty()
    except OSError as error:
        message = f"{error.filename} could not be removed: {error.strerror}"
        raise StartError(message, "see who owns it, then run this again") from error
    finally:
        folder.release()
    say(f"{folder.path} is empty.\n  -> ./dev run begins anew")
    return 0
