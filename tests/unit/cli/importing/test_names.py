"""Kubernetes names from those in Tracardi: valid, unique, the same at each run."""

import random
import re

import pytest

from tests.sentinels import made_up
from tracardi_operator.cli.importing.names import kubernetes_names
from tracardi_operator.tracardi.models import TracardiResource

VALID = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def named(*names: str, type_name: str = "sendgrid") -> list[TracardiResource]:
    return [TracardiResource(f"id-{number}", type_name, name) for number, name in enumerate(names)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mail", "mail"),
        ("Main SendGrid (EU)", "main-sendgrid-eu"),
        ("  --Kundendienst_Übersee!  ", "kundendienst-ubersee"),
        ("a.b/c", "a-b-c"),
        ("99 bottles", "99-bottles"),
        ("", "sendgrid"),
        ("短信", "sendgrid"),
        ("x" * 100, "x" * 63),
        ("x" * 62 + " y", "x" * 62),
        (f"key SG.{made_up(22)}.{made_up(43)}", "sendgrid"),
    ],
)
def test_a_name_becomes_a_label_that_resembles_it(name: str, expected: str) -> None:
    assert kubernetes_names(named(name)) == {"id-0": expected}


def test_a_name_and_a_type_without_a_letter_have_a_name_too() -> None:
    assert kubernetes_names(named("", type_name="短")) == {"id-0": "resource"}


def test_namesakes_are_told_apart_by_their_ids() -> None:
    names = kubernetes_names(named("Mail", "mail", "other", "x" * 80, "x" * 80))
    assert names["id-2"] == "other"
    assert len(set(names.values())) == 5
    assert all(name.startswith("mail-") for name in (names["id-0"], names["id-1"]))


def test_names_do_not_depend_on_the_order() -> None:
    resources = named("Mail", "mail", "MAIL", "other")
    shuffled = random.sample(resources, k=len(resources))
    assert kubernetes_names(shuffled) == kubernetes_names(resources)


def test_a_namesake_of_a_made_name_gets_another() -> None:
    made = kubernetes_names(named("mail", "mail"))["id-0"]
    names = kubernetes_names(named("mail", "mail", made))
    assert len(set(names.values())) == 3


def test_all_names_are_valid_and_unique_whatever_was_typed() -> None:
    alphabet = "aZ9-_. /ä短\n"
    typed = ["".join(random.choices(alphabet, k=random.randrange(70))) for _ in range(500)]
    names = list(kubernetes_names(named(*typed)).values())
    assert len(set(names)) == 500
    assert [name for name in names if not VALID.fullmatch(name)] == []
