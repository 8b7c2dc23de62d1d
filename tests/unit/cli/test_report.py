"""What GitHub reads as an annotation must not be broken by what stands in it."""

from tracardi_operator.api.problems import Problem, Reason, Severity
from tracardi_operator.cli.manifests.files import Location
from tracardi_operator.cli.manifests.identity import Identity
from tracardi_operator.cli.manifests.offline import Judged, Located
from tracardi_operator.cli.report import as_github, as_text, summary


def judged(name: str, *problems: Problem, file: str = "a.yaml") -> Judged:
    located = tuple(Located(problem, Location(file, 3), "") for problem in problems)
    return Judged(Location(file, 1), Identity("Resource", "ns", name), "redis", located)


def test_message_and_properties_are_escaped_as_github_asks() -> None:
    problem = Problem(Reason.BAD_FORMAT, "50 %\r\nof it: a, b")
    assert as_github([judged("main", problem, file="a:b,c%d.yaml")]) == (
        "::error file=a%3Ab%2Cc%25d.yaml,line=3,title=BadFormat in ns/main (redis)::50 %25%0D%0Aof it: a, b"
    )


def test_only_resources_with_a_problem_have_a_block() -> None:
    text = as_text([judged("one"), judged("two", Problem(Reason.EMPTY, "is empty")), judged("three")])
    assert "ns/two" in text
    assert "ns/one" not in text
    assert "ns/three" not in text


def test_the_summary_tells_errors_from_warnings() -> None:
    error, warning = Problem(Reason.EMPTY, "x"), Problem(Reason.EMPTY, "x", Severity.WARNING)
    found = summary([judged("a", error, warning), judged("b", warning), judged("c")])
    assert found == "3 Resources: 1 invalid, 1 with warnings"
