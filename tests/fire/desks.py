"""Several people at work at once, each at a browser of their own, whatever happens to the site meanwhile."""

import random
import threading
import time

from tests.browser_shaped import Browser, Unreachable
from tests.load.scenery import PASSWORD

PATIENCE = 60  # seconds without a single answer


class Desk(threading.Thread):
    """One labeler, who works until nothing is left. As draft.js does, what gets no answer is sent again."""

    def __init__(self, url, labeler, project):
        super().__init__(name=labeler.email, daemon=True)
        self.labeler, self.project = labeler, project
        self.browser = Browser(url)
        self.chance = random.Random(labeler.pk)
        self.acknowledged: list[str] = []
        self.held_back = 0  # how often there was no answer
        self.failure = None

    def run(self):
        try:
            self._work()
        except Exception as failure:
            self.failure = failure
        finally:
            self.browser.close()

    def _work(self):
        self._persist(lambda: self.browser.sign_in(self.labeler.email, PASSWORD))
        sheet = self._persist(lambda: self.browser.start(self.project))
        while sheet:
            fields = sheet.filled_in(self.chance)
            if self.chance.random() < 0.3:
                assert self._persist(lambda s=sheet, f=fields: self.browser.save(s, f, 1)).status in {200, 409}
            answer, following = self._persist(lambda s=sheet, f=fields: self.browser.submit(s, f))
            assert answer.status == 200, f"Submit: {answer.status} {answer.goes_to}"
            assert following or answer.goes_to == "/", f"Submit leads to {answer.goes_to}"
            self.acknowledged.append(sheet.id)
            sheet = following

    def _persist(self, ask):
        deadline, pause = time.monotonic() + PATIENCE, threading.Event()
        while True:
            try:
                return ask()
            except Unreachable:
                self.held_back += 1
                if time.monotonic() > deadline:
                    raise
                pause.wait(0.1)


class Room:
    """All desks together."""

    def __init__(self, url, labelers, project):
        self.desks = [Desk(url, labeler, project) for labeler in labelers]
        for desk in self.desks:
            desk.start()

    @property
    def acknowledged(self):
        return [sheet for desk in self.desks for sheet in list(desk.acknowledged)]

    @property
    def failures(self):
        return [desk.failure for desk in self.desks if desk.failure]

    @property
    def held_back(self):
        return sum(desk.held_back for desk in self.desks)

    def has_done(self, number):
        """For `until`: so many submissions were acknowledged, or nobody works any more."""
        return len(self.acknowledged) >= number or not any(desk.is_alive() for desk in self.desks)

    def finish(self, seconds=100):
        deadline = time.monotonic() + seconds
        for desk in self.desks:
            desk.join(max(0, deadline - time.monotonic()))
        assert not any(desk.is_alive() for desk in self.desks), "Somebody is still at work."
        for failure in self.failures:
            raise failure
