"""What is done with a context of a Tracardi: least writes, and never to what is somebody else's."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.test_tracardi_rows import MARK, UID, entry
from tracardi_operator.api.problems import Reason
from tracardi_operator.publish.tracardi_plan import Plan, plan, plan_withdrawal
from tracardi_operator.publish.tracardi_rows import Wanted, mark, want
from tracardi_operator.tracardi.models import Context, TracardiResource

PRODUCTION, STAGING = Context.PRODUCTION, Context.STAGING
OTHER_MARK = mark("another-uid")
WANTED = want([entry()], MARK, "Nothing")
OURS = WANTED.rows[UID]
OWN_ID = want([entry(settings={"id": "own"})], MARK, "Nothing")


def planned(*present: TracardiResource, wanted: Wanted = WANTED, **how: Any) -> Plan:
    return plan(wanted, present, PRODUCTION, MARK, **{"adopt": False, "may_delete": True} | how)


def gone(**changes: Any) -> TracardiResource:
    return replace(OURS, id="gone", **changes)


def test_what_is_not_there_is_written() -> None:
    assert planned() == Plan(saves=(OURS,))


def test_what_is_as_it_should_be_is_left_alone() -> None:
    assert planned(OURS) == Plan()


def test_what_differs_is_written() -> None:
    assert planned(replace(OURS, name="edited in the GUI")) == Plan(saves=(OURS,))


def test_a_write_gives_back_what_it_would_lose() -> None:
    present = replace(OURS, name="edited", further={"locked": True})
    assert planned(present).saves[0].further == {"locked": True}


class TestOfOthers:
    @pytest.mark.parametrize("groups", [(), ("team",), (OTHER_MARK,)])
    def test_a_row_is_not_taken_over_unasked(self, groups: tuple[str, ...]) -> None:
        present = replace(OWN_ID.rows["own"], groups=groups)
        found = planned(present, wanted=OWN_ID)
        assert (found.saves, found.deletes, list(found.refused)) == ((), (), ["own"])
        assert found.refused["own"].reason is Reason.NAME_TAKEN

    def test_it_is_told_whether_it_is_of_another_consumer(self) -> None:
        said = [
            planned(replace(OWN_ID.rows["own"], groups=groups), wanted=OWN_ID).refused["own"].message
            for groups in ((OTHER_MARK,), ())
        ]
        assert "another ResourceConsumer made" in said[0]
        assert "this consumer did not make" in said[1]

    @pytest.mark.parametrize("groups", [(), (OTHER_MARK,)])
    def test_with_adopt_it_is_taken_over_by_one_write(self, groups: tuple[str, ...]) -> None:
        present = replace(OWN_ID.rows["own"], groups=groups)
        assert planned(present, wanted=OWN_ID, adopt=True) == Plan(saves=(OWN_ID.rows["own"],))

    def test_a_row_that_nobody_wants_is_left_alone_even_with_adopt(self) -> None:
        strangers = (gone(groups=()), replace(gone(groups=(OTHER_MARK,)), id="other"))
        assert planned(OURS, *strangers, adopt=True) == Plan()


def test_a_row_that_lost_its_mark_is_known_by_an_id_that_only_we_know() -> None:
    assert planned(replace(OURS, groups=())) == Plan(saves=(OURS,))


def test_not_so_if_another_consumer_marked_it() -> None:
    assert list(planned(replace(OURS, groups=(OTHER_MARK,))).refused) == [UID]


def test_a_row_whose_resource_is_gone_is_deleted() -> None:
    assert planned(OURS, gone()) == Plan(deletes=("gone",))


def test_nothing_is_deleted_before_all_is_known() -> None:
    assert planned(OURS, gone(), may_delete=False) == Plan()


@pytest.mark.parametrize("unfit", [{"name": "n" * 65}, {"credentials": {}}], ids=["too long", "no credentials"])
def test_the_row_of_a_resource_that_can_not_be_delivered_now_stays_as_it_is(unfit: dict[str, Any]) -> None:
    assert planned(OURS, wanted=want([entry(**unfit)], MARK, "Nothing")) == Plan()


class TestWithdrawnContext:
    def test_what_we_put_there_is_deleted_and_nothing_else(self) -> None:
        present = [replace(OURS, context=STAGING), gone(groups=(), context=STAGING)]
        assert plan_withdrawal(present, STAGING, MARK) == Plan(deletes=(UID,))

    @pytest.mark.parametrize("context", [PRODUCTION, None])
    def test_a_row_that_does_not_live_there_is_left_alone(self, context: Context | None) -> None:
        """With PRODUCTION=yes Tracardi shows those of production, whatever was asked for; older versions do not say."""
        assert plan_withdrawal([replace(OURS, context=context)], STAGING, MARK) == Plan()
