"""Which known names one that is unknown may stand for."""

import pytest

from tracardi_operator.api.hints import closest, did_you_mean, near
from tracardi_operator.services.catalogue import builtin


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("Region", ["region", "regions"], ["region"]),
        ("bot-token", ["bot_token", "token"], ["bot_token"]),
        ("AWS_SECRET_ACCESS_KEY", ["aws_access_key_id", "aws_secret_access_key"], ["aws_secret_access_key"]),
        ("clientSecret", ["client_id", "client_secret"], ["client_secret"]),
        ("redis-password", ["url", "password"], ["password"]),
        ("token", ["personal_access_token", "tokens"], ["personal_access_token"]),
        ("accessKey", ["access_key_id", "key", "secret"], ["access_key_id", "key"]),
        ("pasword", ["user", "password"], ["password"]),
        ("other", ["user", "password"], []),
        ("--", ["user"], []),
        ("user", [], []),
    ],
)
def test_near_names_are_the_same_but_for_their_form_or_share_words_or_are_alike(
    name: str, known: list[str], found: list[str]
) -> None:
    assert near(name, known) == found


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Salesforce", " (did you mean 'salesforce'?)"),
        ("s3", " (did you mean 'aws-s3'?)"),
        ("google", " (did you mean 'google_id', 'google_v4_id' or 'google-cloud-service-account'?)"),
        ("sendgird", " (did you mean 'sendgrid'?)"),
        ("elasticsearch", " (did you mean 'elastic-search'?)"),
        ("postgres", " (did you mean 'postgresql'?)"),
        ("zzz", ""),
    ],
)
def test_a_type_is_found_by_a_part_of_its_name(name: str, hint: str) -> None:
    assert did_you_mean(name, builtin()) == hint


def test_the_closest_is_the_first_of_the_near() -> None:
    assert closest("google", builtin()) == "google_id"
    assert closest("zzz", builtin()) is None
