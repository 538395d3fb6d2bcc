"""Have the market's virtual clock run otherwise, stand still, or go on at a later time."""

from dataclasses import dataclass

from hub.application.admin import Administrator, AdminRecord
from hub.application.market.get_feed_clock import FeedNow, GetFeedClock
from hub.application.ports.market import Feeds
from hub.domain.kernel import RejectedError
from hub.domain.market.course import Wish, check_wish, wish_record


@dataclass(frozen=True, slots=True)
class SetFeedClock:
    feeds: Feeds
    get_feed_clock: GetFeedClock
    record: AdminRecord

    def __call__(self, who: Administrator, wanted: Wish, reason: str) -> FeedNow:
        """The clock once it has happened. Raises InvalidInputError for a wish that contradicts
        itself, RejectedError for one that cannot be, UnavailableError where nobody answers it."""
        check_wish(wanted)
        course = self.feeds.read().course
        if not course.virtual:
            raise RejectedError(
                f"the feed {course.feed} has no clock that could be moved",
                code="clock_not_virtual",
            )
        self.record(who, "set_feed_clock", {"reason": reason, **wish_record(wanted)})
        self.feeds.wish(wanted)
        return self.get_feed_clock()
