"""A leader's part of the way: updates go to Redis at a pace, each when it is due.

`python -m benchmarks.stream_told REDIS_URL UPDATES SECONDS`. The id of a quote is the moment that
it was due, by the clock that the load reads, too.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal

from hub.domain.market.quote import Quote
from stream.redis_market import RedisMarket
from stream.updates import Numbers

_SYMBOLS = 100
_BATCH_SECONDS = 0.002


async def _tell(url: str, rate: float, seconds: float) -> None:
    market, numbers = RedisMarket(url), Numbers(int(time.time() * 1000))
    began, told = time.monotonic(), 0
    while told < rate * seconds:
        due = min(int((time.monotonic() - began) * rate), int(rate * seconds))
        quotes = [_quote(number, began + number / rate) for number in range(told, due)]
        await market.publish(numbers.number(quotes))
        told = due
        await asyncio.sleep(_BATCH_SECONDS)
    await market.close()


def _quote(number: int, due: float) -> Quote:
    price, size = Decimal("101.25"), Decimal(300)
    symbol = f"S{number % _SYMBOLS:03}"
    now = datetime.now(UTC)
    return Quote(str(int(due * 1e9)), symbol, price, price, price, size, size, now)


if __name__ == "__main__":
    asyncio.run(_tell(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
