"""
What `npx` and its kind start where the project has that package itself.

`npx name` runs the version that the project has, and `-y` answers a question that is asked only
where it has none; `name@latest` is fetched (npm documentation, "npm exec"). `pnpm dlx` always does.
"""

from msgspec.structs import replace

from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.mcp.launchers import Launch
from agentaudit.model.evidence import Truth


def as_installed(launch: Launch, documents: Documents, file: str) -> Launch:
    """A launch that a file declares, as fixed as the project there has the package."""
    if not launch.own_first:
        return launch
    installed = documents.packages.installed(folder_of(file), launch.package)
    if installed is Truth.NO:
        return launch
    mutable = Truth.NO if installed is Truth.YES else Truth.UNKNOWN
    return replace(launch, pinned=installed, mutable=mutable)
