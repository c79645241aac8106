"""Results of area statistics as tests need them."""

from datetime import date
from math import pi, sin

from models.area_results import AreaResult, ResultState
from models.area_statistics import Period, Statistics
from models.failure import Failure, FailureClass
from stac.periods import calendar_periods

YEAR = list(calendar_periods(date(2023, 1, 1), date(2023, 12, 31), "month"))
ITEM = "S2A_MSIL2A_20230615T131151_R138_T27VVL_20230615T142239"


def measured(area: str, period: Period, mean: float) -> AreaResult:
    values = Statistics(
        date=period.start.replace(day=15),
        item_id=ITEM,
        mean=mean,
        median=mean,
        min=mean - 0.3,
        max=mean + 0.3,
        std=0.1,
        valid_percent=98.5,
        count=1234.5,
    )
    return AreaResult(area=area, period=period, state=ResultState.MEASURED, source="f1", statistics=values)


def empty(area: str, period: Period) -> AreaResult:
    return AreaResult(area=area, period=period, state=ResultState.NO_IMAGERY)


def failed(area: str, period: Period, message: str = "The tiler cannot read B08") -> AreaResult:
    failure = Failure(code="HTTP 424", message=message, kind=FailureClass.PERMANENT)
    return AreaResult(area=area, period=period, state=ResultState.FAILED, failure=failure)


def year_of(area: str, gaps: tuple[int, ...] = (), failures: tuple[int, ...] = ()) -> list[AreaResult]:
    """Twelve months, greenest in summer; `gaps` and `failures` are numbers of months."""
    return [
        failed(area, period)
        if month in failures
        else empty(area, period)
        if month in gaps
        else measured(area, period, 0.2 + 0.4 * sin(pi * month / 12))
        for month, period in enumerate(YEAR, 1)
    ]
