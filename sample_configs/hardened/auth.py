"""Who may talk to the support agent: users whom our login knows, each in threads of their own."""

from typing import Any

from acme_login import verify
from langgraph_sdk import Auth

auth = Auth()


@auth.authenticate
async def authenticate(authorization: str | None) -> Auth.types.MinimalUserDict:
    """The user to whom the login issued this token."""
    claims = await verify(authorization, audience="support-agent")
    if claims is None:
        raise Auth.exceptions.HTTPException(status_code=401, detail="a valid token is needed")
    return {"identity": f"{claims.tenant}:{claims.user}"}


@auth.on
async def own_threads_only(
    context: Auth.types.AuthContext, value: dict[str, Any]
) -> dict[str, str]:
    """Everything is filed under its owner, and found by its owner alone."""
    owner = {"owner": context.user.identity}
    value.setdefault("metadata", {}).update(owner)
    return owner
