"""How JupyterLab speaks to a kernel here: every message at once."""

from __future__ import annotations

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's own connection, without Nagle's algorithm.

    It keeps a small message back until the one before is acknowledged, and browsers acknowledge after 40 ms. A moved
    slider brings three small messages, so that every picture came 40 ms late.
    """

    def connect(self) -> Any:
        """Open the connection."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
