"""The HTTP face of Aplomo: webhooks in, drafts and approvals over JSON. Needs the extra `serve`."""

from aplomo.errors import ConfigError

try:
    from aplomo.embed.app.create import create_app
    from aplomo.embed.app.service import Limits
    from aplomo.embed.app.tokens import Tokens
except ModuleNotFoundError as missing:
    raise ConfigError(
        f"serving needs a package: {missing.name}", hint="pip install 'aplomo[serve]'"
    ) from None

__all__ = ["Limits", "Tokens", "create_app"]
