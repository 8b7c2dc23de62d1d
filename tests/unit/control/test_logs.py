"""Logs: one JSON object a line or lines for people, with all fields, and no library's debug output."""

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tracardi_operator.control import logs
from tracardi_operator.kube.errors import place

LIBRARIES = ("kopf", "aiohttp", "asyncio", "kubernetes", "urllib3")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    names = [*LIBRARIES, "kopf._core.reactor.running"]
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    output = capsys.readouterr()
    assert output.out == ""
    return output.err.splitlines()


def entry(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = lines(capsys)
    content: dict[str, Any] = json.loads(line)
    return content


def test_json_has_a_field_for_all_that_varies(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    logging.getLogger("some.where").warning("A constant message", extra={"resource": "ns/r", "count": 7})
    content = entry(capsys)
    assert datetime.fromisoformat(content.pop("time")).tzinfo is not None
    assert content == {
        "level": "WARNING",
        "logger": "some.where",
        "message": "A constant message",
        "resource": "ns/r",
        "count": 7,
    }


def test_a_line_break_does_not_break_a_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    logging.getLogger("a").info("m", extra={"words": "one\ntwo"})
    assert entry(capsys)["words"] == "one\ntwo"


def test_lines_for_people_have_the_fields_behind_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console", "info")
    logging.getLogger("a").error("A constant message", extra={"resource": "ns/r", "count": 7})
    (line,) = lines(capsys)
    assert line.split(" ", 1)[1] == "ERROR   A constant message resource=ns/r count=7"


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize(("level", "count"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 0)])
def test_what_is_less_severe_is_not_logged(
    capsys: pytest.CaptureFixture[str], form: Any, level: str, count: int
) -> None:
    logs.configure(form, level)
    log = logging.getLogger("a")
    log.debug("m")
    log.info("m")
    log.warning("m")
    assert len(lines(capsys)) == count


@pytest.mark.parametrize("name", [*LIBRARIES, "kopf.objects", "aiohttp.client", "kubernetes.client.rest"])
def test_libraries_tell_nothing_below_a_warning_even_at_debug(capsys: pytest.CaptureFixture[str], name: str) -> None:
    logs.configure("json", "debug")
    logging.getLogger(name).debug("SENTINEL")
    logging.getLogger(name).info("SENTINEL")
    assert lines(capsys) == []
    logging.getLogger(name).warning("m")
    assert len(lines(capsys)) == 1


def test_to_configure_twice_is_to_log_once(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console", "info")
    logs.configure("json", "info")
    logging.getLogger("a").info("m")
    assert entry(capsys)["message"] == "m"


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("name", [*LIBRARIES, "kopf.objects"])
def test_of_a_librarys_trouble_only_who_has_it_and_its_kind_are_told(
    capsys: pytest.CaptureFixture[str], form: Any, name: str
) -> None:
    logs.configure(form, "debug")
    try:
        raise ValueError("SENTINEL")
    except ValueError:
        logging.getLogger(name).exception("quotes %s", "SENTINEL", stack_info=True)
    (line,) = lines(capsys)
    assert name in line
    assert "ValueError" in line
    assert "SENTINEL" not in line


def test_a_request_of_kopf_that_is_tried_again_is_a_warning_with_the_kind_of_its_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("json", "info")
    try:
        raise TimeoutError("SENTINEL")
    except TimeoutError:
        logging.getLogger("kopf._cogs.clients.watching").error("Request failed, will retry: SENTINEL")
    content = entry(capsys)
    assert (content["level"], content["cause"]) == ("WARNING", "TimeoutError")
    assert "SENTINEL" not in str(content)


def test_any_other_error_of_a_library_stays_one(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    logging.getLogger("kopf._core.reactor.queueing").error("SENTINEL")
    content = entry(capsys)
    assert (content["level"], content["cause"]) == ("ERROR", "")


async def test_a_callback_that_fails_is_told_without_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "debug")

    def fail(argument: str) -> None:
        raise ValueError(argument)

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(logs.log_discreetly)
    loop.call_soon(fail, "SENTINEL")
    await asyncio.sleep(0)
    content = entry(capsys)
    assert content["cause"].startswith(f"ValueError at {__file__}:")
    assert "SENTINEL" not in str(content)


def test_the_place_of_an_error_is_where_it_was_raised() -> None:
    try:
        json.loads("{")
    except ValueError as error:
        told = place(error)
    assert told.startswith("JSONDecodeError at ")
    assert "json/decoder.py" in told
    assert place(ValueError("SENTINEL")) == "ValueError"
