"""pycrdt-websocket with its SQLite store, under uvicorn: one database for all documents, as the store is made for."""

import asyncio
import contextlib
import sys
from pathlib import Path

import uvicorn
from anyio import Lock
from pycrdt.store import SQLiteYStore, YDocNotFound
from pycrdt.websocket import ASGIServer, WebsocketServer, YRoom

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])


class Store(SQLiteYStore):
    db_path = str(FOLDER / "pycrdt.sqlite")


class Rooms(WebsocketServer):
    """A room reads what is stored before it answers anybody: the library leaves that to who uses it."""

    def __init__(self) -> None:
        super().__init__()
        self._opening = Lock()

    async def get_room(self, name: str) -> YRoom:
        async with self._opening:
            if name not in self.rooms:
                self.rooms[name] = await self._opened(name)
        return await super().get_room(name)

    async def _opened(self, name: str) -> YRoom:
        store = Store(path=name)
        assert self._task_group is not None
        await self._task_group.start(store.start)
        room = YRoom(ready=False, ystore=store)
        with contextlib.suppress(YDocNotFound):
            await store.apply_updates(room.ydoc)
        room.ready = True
        return room


async def main() -> None:
    async with Store(path="first") as store:  # makes the tables before rooms race to
        assert store.db_initialized is not None
        await store.db_initialized.wait()
    async with Rooms() as rooms:
        settings = uvicorn.Config(ASGIServer(rooms), host="127.0.0.1", port=PORT, log_level="warning")
        await uvicorn.Server(settings).serve()


asyncio.run(main())
