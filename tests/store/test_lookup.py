"""How far and between which starts the writer looks for a call."""

from uuid import UUID

from store.lookup import DAY_US, HOUR_US, MOST_SPANS, Reach, scope

KEY = (1, UUID(int=1))


def test_a_call_is_looked_for_a_day_around_its_start() -> None:
    ((low, high),) = scope([KEY], [10 * DAY_US + 5]).spans
    assert low <= 9 * DAY_US + 5
    assert high >= 11 * DAY_US + 5
    assert high - low == 2 * DAY_US + HOUR_US


def test_neighbouring_starts_share_a_span_and_gaps_are_left_out() -> None:
    assert len(scope([KEY], [10 * DAY_US, 11 * DAY_US, 12 * DAY_US]).spans) == 1
    assert len(scope([KEY], [10 * DAY_US, 40 * DAY_US]).spans) == 2


def test_starts_all_over_the_place_are_few_wider_spans() -> None:
    starts = [hour * 5 * HOUR_US for hour in range(700)]
    spans = scope([KEY], starts, around_us=HOUR_US // 2).spans
    assert len(spans) <= MOST_SPANS
    assert all(any(low <= start <= high for low, high in spans) for start in starts)


def test_a_store_that_is_slow_time_after_time_is_asked_for_less_and_later_for_more_again() -> None:
    reach = Reach()
    for seconds in [9.0, 9.0, 0.01, 9.0, 9.0]:
        reach.took(seconds)
    assert reach.us == DAY_US, "slow now and then is only a busy machine"

    for _ in range(5):
        reach.took(9.0)
    assert reach.us == DAY_US // 2
    for _ in range(100):
        reach.took(9.0)
    assert reach.us == DAY_US // 64

    for _ in range(400):
        reach.took(0.001)
    assert reach.us == DAY_US
