"""JupyterLab's connection to a kernel, which sends every message at once."""

from __future__ import annotations

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's own connection, without Nagle's algorithm.

    The algorithm holds a small message back until the one before is acknowledged, and browsers acknowledge after 40
    ms. A moved slider sends three small messages, so every picture would arrive 40 ms late.
    """

    def connect(self) -> Any:
        """Open the connection."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
