"""Why nothing, or not all, could be delivered."""

from tracardi_operator.api.problems import Problem
from tracardi_operator.consumer_summary import Delivered
from tracardi_operator.control.later import Later


class DeliveryFailed(Later):
    """`retry_after` is in seconds, if the other side asked for it. What was delivered before stays, or `kept` tells."""

    def __init__(self, problem: Problem, retry_after: float | None = None, kept: Delivered | None = None) -> None:
        super().__init__(problem.reason)
        self.problem = problem
        self.retry_after = retry_after
        self.kept = kept
