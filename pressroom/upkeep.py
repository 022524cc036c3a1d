"""Keeps what is served as it is published, whoever published it: the service, a command, another machine.

Every publication changes the entries of the published folder, were it only for the mark that it leaves there
while files are moved (`feeds.tree`); so one look at the folder's own time a second is enough. Used by
`pressroom.service`.
"""

import asyncio
from datetime import timedelta

from pressroom import logbook
from pressroom.bootstrap import Pressroom
from pressroom.fates import fates
from pressroom.supervising import pause
from pressroom.web.tree import PublicTree
from storage.errors import StorageError

LOOK_EVERY = 1.0
ANEW = timedelta(hours=1)
"""So often everything is looked at in any case: what is quiet for longer may be kept for longer."""


class Upkeep:
    """`building` is held while the service itself publishes: it takes that up by its own call."""

    def __init__(self, room: Pressroom, tree: PublicTree, building: asyncio.Lock) -> None:
        self._room = room
        self._tree = tree
        self._building = building
        self._taken = room.clock()

    async def take_up(self, *, mixed: bool = False) -> bool:
        """Serve what is published now; tell whether that could be done. See `PublicTree.refresh`."""
        try:
            known = await asyncio.to_thread(fates, self._room)
        except StorageError:  # the pages are there all the same; where old addresses lead stays as it was
            known = None
        self._taken = self._room.clock()
        return await asyncio.to_thread(self._tree.refresh, known, mixed=mixed)

    async def follow(self, stop: asyncio.Event) -> None:
        """Take up what others publish, until `stop` is set."""
        while not await pause(stop, LOOK_EVERY):
            if await self._is_outdated():
                async with self._building:
                    if await self._is_outdated() and await self.take_up():
                        logbook.event("taken-up", files=len(self._tree.now.files))
            elif self._room.clock() - self._taken > ANEW:
                async with self._building:
                    await self.take_up()

    async def _is_outdated(self) -> bool:
        return await asyncio.to_thread(self._tree.is_outdated)
