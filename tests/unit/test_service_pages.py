"""The pages of the service types: all that a person needs to use a type, in Markdown that shows as it is meant."""

import re
from dataclasses import replace

import pytest

from tests.unit.services.support import check_values
from tracardi_operator.describe import binding_entries, resource_yaml, rules, secret_command
from tracardi_operator.generate.service_pages import INDEX, service_pages
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import ServiceType

PAGES = service_pages(builtin())
every_type = pytest.mark.parametrize("service", builtin().values(), ids=lambda service: service.name)


def page(service: ServiceType) -> str:
    return service_pages({service.name: service})[f"{service.name}.md"]


def cells(line: str) -> list[str]:
    return line.removeprefix("| ").removesuffix(" |").split(" | ")


def rows(text: str) -> list[list[str]]:
    return [cells(line) for line in text.splitlines() if line.startswith("| ")]


def test_there_is_a_page_for_each_type_and_an_index_that_links_to_all() -> None:
    assert PAGES.keys() == {INDEX, *(f"{name}.md" for name in builtin())}
    assert re.findall(r"\]\((.+?)\.md\)", PAGES[INDEX]) == sorted(builtin())


@every_type
def test_a_page_has_the_yaml_the_command_and_the_rules_that_explain_shows(service: ServiceType) -> None:
    text = page(service)
    assert f"```yaml\n{resource_yaml(service)}\n```" in text
    assert secret_command(service) is None or f"```bash\n{secret_command(service)}\n```" in text
    assert all(f"- {rule}" in text.replace("\\", "") for rule in rules(service))
    assert service.url in text
    assert all(f"`{name}`" in text for name in (*service.tags, service.icon, *binding_entries(service)))


@every_type
def test_the_table_has_a_row_for_each_field_with_a_cell_for_each_heading(service: ServiceType) -> None:
    heading, _, *fields = rows(page(service))
    assert [row[0].split(",")[0] for row in fields] == [f"`{field.name}`" for field in service.fields]
    assert {len(row) for row in fields} == {len(heading)}


@every_type
def test_a_field_is_told_as_required_unless_it_may_be_left_out(service: ServiceType) -> None:
    heading, _, *fields = rows(page(service))
    told = {row[0].split(",")[0].strip("`") for row in fields if row[heading.index("Required")] == "yes"}
    without = {name: service.example[name] for name in service.example if name not in told}
    missing = {problem.field for problem in check_values(service, without).problems if problem.reason == "MissingField"}
    alternatives = {name for names in service.alternatives for name in names}
    assert missing - alternatives == told


@every_type
def test_each_mistake_that_is_told_apart_stands_once_with_the_fields_it_is_made_in(service: ServiceType) -> None:
    _, _, told = page(service).partition("## Often pasted by mistake\n\n")
    lines = told.partition("\n\n")[0].replace("\\", "").splitlines()
    mistakes = {(field.name, mistake.words.replace("\\", "")) for field in service.fields for mistake in field.mistakes}
    for name, words in mistakes:
        assert [line.startswith("- ") and f"`{name}`" in line for line in lines if line.endswith(f": {words}")] == [
            True
        ]
    assert len(lines) == len({words for _, words in mistakes})


def test_the_index_has_a_cell_for_each_heading_whatever_the_words() -> None:
    assert {len(row) for row in rows(PAGES[INDEX])} == {4}


def test_words_that_look_like_markup_are_shown_as_they_are() -> None:
    odd = replace(builtin()["matomo"], title="A|B *c* <d>", how_to="Ask <e>.")
    pages = service_pages({"matomo": odd})
    assert r"[A\|B \*c\* \<d\>](matomo.md)" in pages[INDEX]
    assert r"Ask \<e\>." in pages["matomo.md"]


def test_a_form_is_told_with_its_confidence_and_source() -> None:
    assert "(confident: anything else is refused; source: https://www.twilio.com" in PAGES["sendgrid.md"]
    assert "(heuristic: anything else is a warning; source: Yelp/detect-secrets#463)" in PAGES["sendgrid.md"]


def test_a_type_that_has_ended_says_so_on_its_page_and_in_the_index() -> None:
    ended = replace(builtin()["matomo"], discontinued="It ended on 1 May")
    pages = service_pages({"matomo": ended})
    assert "> **Discontinued.** It ended on 1 May." in pages["matomo.md"]
    assert "has ended" in pages[INDEX]
    assert "Discontinued" not in PAGES["matomo.md"]
