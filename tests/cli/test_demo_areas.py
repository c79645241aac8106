"""What `geocatalog demo-areas` makes of two providers' means."""

import pytest

from cli.demo_areas import agreement, difference_table
from models.errors import RunFailed

JUNE, EMPTY = {"mean": "0.5", "item_id": "june"}, {"mean": "", "item_id": ""}


def pair(one, other):
    where = {"area": "coast-hill", "period": "2023-06"}
    return {**where, **one}, {**where, **other}


def test_only_pairs_with_imagery_agree():
    pairs = [pair(JUNE, {**JUNE, "mean": "0.504"}), *[pair(EMPTY, EMPTY)] * 3]
    assert "on all 1 pairs that have imagery" in agreement(pairs)
    assert "differ by 0.0040 at most (allowed: 0.01); 3 pairs have none in either" in agreement(pairs)
    assert difference_table(pairs).row_count == 1


def test_pairs_without_imagery_alone_are_no_agreement():
    with pytest.raises(RunFailed, match="Neither provider found imagery for any of 60 pairs"):
        agreement([pair(EMPTY, EMPTY)] * 60)


@pytest.mark.parametrize("other", [EMPTY, {**JUNE, "mean": "0.52"}, {**JUNE, "item_id": "july"}])
def test_a_pair_that_differs_is_named(other):
    with pytest.raises(RunFailed, match="disagree on 1 of 2 pairs: coast-hill in 2023-06"):
        agreement([pair(JUNE, other), pair(EMPTY, EMPTY)])
