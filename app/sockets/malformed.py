"""A message that is no packet of Socket.IO ends the connection it came by.

engine.io would log a stack trace for each (measured: ten thousand a second, and a dozen edits of another member took a
minute).
"""

from typing import Any

import structlog
from flask_socketio import SocketIO

log = structlog.get_logger()

_EVENT = 2
_BINARY = ("5", "6")


def end_what_is_malformed(sockets: SocketIO) -> None:
    """Updates travel as text: a binary packet, whose attachments would wait in memory for each other, is not ours."""
    server = sockets.server

    def read(eio_sid: str, content: Any) -> None:
        try:
            if not isinstance(content, str) or content[:1] in _BINARY:
                raise ValueError
            server._handle_eio_message(eio_sid, content)
        except Exception:
            if _is_packet(server, content):
                raise  # ours: told as what nobody foresaw
            log.warning("socket.malformed")
            server.eio.disconnect(eio_sid)

    server.eio.on("message", read)


def _is_packet(server: Any, content: Any) -> bool:
    try:
        packet = server.packet_class(encoded_packet=content)
    except Exception:
        return False
    if packet.packet_type == _EVENT:
        return isinstance(packet.data, list) and bool(packet.data) and isinstance(packet.data[0], str)
    return bool(packet.packet_type < _EVENT)
