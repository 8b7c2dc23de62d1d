"""Reading YAML streams into objects: what kubectl would read, where it stands, and bounds on hostile input."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tracardi_operator.cli.manifests.files import Unreadable
from tracardi_operator.cli.manifests.loader import MAX_DEPTH
from tracardi_operator.cli.manifests.objects import KubernetesObject, read_objects

Write = Callable[..., str]

OBJECT = "apiVersion: v1\nkind: Thing\n"


def objects(*files: str) -> list[KubernetesObject]:
    return [item for item in read_objects(files) if isinstance(item, KubernetesObject)]


def unreadable(*files: str) -> list[tuple[int | None, str]]:
    return [(item.location.line, item.message) for item in read_objects(files) if isinstance(item, Unreadable)]


def value(write: Write, text: str) -> Any:
    [found] = objects(write(f"{OBJECT}value: {text}\n"))
    return found.content["value"]


def test_each_document_of_a_stream_is_an_object_with_the_line_where_it_begins(write: Write) -> None:
    file = write(f"# a comment\n{OBJECT}---\n{OBJECT}---\n\n# another\n{OBJECT}")
    assert [(o.location.file, o.location.line) for o in objects(file)] == [(file, 2), (file, 5), (file, 10)]


def test_a_list_is_unrolled_into_its_items_with_their_own_lines(write: Write) -> None:
    file = write(
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A}\n- apiVersion: v1\n  kind: B\n---\n"
        "apiVersion: v1\nkind: SecretList\nitems: []\n"
    )
    assert [(o.content["kind"], o.location.line) for o in objects(file)] == [("A", 4), ("B", 5)]


def test_json_is_read(write: Write) -> None:
    [found] = objects(write('{\n\t"apiVersion":"v1",\n\t"kind":"Thing",\n\t"path":"a\\/b"\n}\n'))
    assert found.content["path"] == "a/b"


def test_the_escapes_of_json_are_known(write: Write) -> None:
    text = r'{"kind": "A", "b": "\ud83d\ude00 \\ud83d \u00e9"}'
    [found] = objects(write(text))
    assert found.content["b"] == "\U0001f600 \\ud83d \u00e9"


def test_anchors_and_merge_keys_are_followed(write: Write) -> None:
    [found] = objects(write(f"{OBJECT}base: &base {{a: 1, b: 2}}\nsame: *base\nmerged: {{<<: *base, b: 3}}\n"))
    assert found.content["same"] == {"a": 1, "b": 2}
    assert found.content["merged"] == {"a": 1, "b": 3}


def test_what_is_there_wins_over_what_is_merged_wherever_it_stands(write: Write) -> None:
    [found] = objects(write(f"{OBJECT}a: &a {{k: 1, l: 1}}\nb: &b {{l: 2, m: 2}}\nc: {{m: 3, <<: [*a, *b]}}\n"))
    assert found.content["c"] == {"k": 1, "l": 1, "m": 3}


LOCATED = """\
apiVersion: v1
kind: Thing
plain:
  deep:
    - first: 1
    - second: 2
anchored: &base
  within: 3
same: *base
merged:
  <<: *base
  own: 4
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("kind",), 2),
        (("plain", "deep"), 4),
        (("plain", "deep", 1), 6),
        (("plain", "deep", 1, "second"), 6),
        (("same", "within"), 8),
        (("merged", "within"), 8),
        (("merged", "own"), 12),
        (("plain", "missing", "deeper"), 3),
        (("plain", "deep", 7), 4),
        (("missing",), 1),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_part_of_an_object_is_found_by_its_line(
    tmp_path: Path, path: tuple[object, ...], line: int, newline: str
) -> None:
    file = tmp_path / "located.yaml"
    file.write_bytes(f"# one\n---\n{LOCATED}".replace("\n", newline).encode())
    [found] = objects(str(file))
    assert found.locate(*path).line == line + 2


def test_a_part_of_an_item_of_a_list_is_found_by_its_line(write: Write) -> None:
    file = write(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n"
        "  items:\n  - kind: A\n    b: 1\n- kind: C\n"
    )
    assert [(o.kind, o.locate("b").line) for o in objects(file)] == [("A", 8), ("C", 9)]


def test_empty_documents_are_nothing(write: Write) -> None:
    assert list(read_objects([write("---\n---\n# only a comment\n---\nnull\n")])) == []


def test_a_file_given_twice_is_read_once(write: Write) -> None:
    file = write(OBJECT)
    assert len(objects(file, file)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", True),
        ("y", True),
        ("off", False),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("=", "="),
        ("1e3", 1000.0),
        ("12e03", 12000.0),
        ("017", 15),
        ("0x1F", 31),
        ("1_000", 1000),
        ("08", 8.0),
        ("_1", "_1"),
        (".", "."),
        ("~", None),
        ("", None),
        ('"yes"', "yes"),
    ],
)
def test_a_plain_scalar_means_what_it_means_to_kubectl(write: Write, text: str, expected: object) -> None:
    """Seen with `kubectl label --local -o json` 1.36."""
    found = value(write, text)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: b: c", 2, "put a value that contains ': ' in quotes"),
        ("a: @b", 2, "in quotes"),
        ("a: *b", 2, "starts with *"),
        ("a: !b", 2, "starts with !"),
        ("a: [", 3, "invalid YAML"),
        ("a: !!int b", 2, "does not fit its tag"),
        ("a: 1\nb: !!bool b", 3, "does not fit its tag"),
        ("a: !!map [b]", 2, "does not fit its tag"),
        ("a: 1\n? [a]\n: b", 3, "a key is a list or a mapping"),
        ("<<: b", 2, "a merge key takes mappings only"),
        ("a: \x07", 2, "a character that YAML does not allow"),
        ("kind: A\n...\nkind: B", 4, "invalid YAML"),
        ("just words", 2, "is not a Kubernetes object"),
        ("&a\n<<: *a", 2, "an anchor contains itself"),
        ("a: &a [*a]", 2, "an anchor contains itself"),
        ("a: 1\nb: {{ .Values.b }}\nc: d", 3, "helm template"),
        ("a: 1\n{{- if .Values.b }}\nb: c\n{{- end }}", 3, "helm template"),
    ],
)
def test_a_bad_document_is_told_with_its_line_and_spoils_no_other(
    write: Write, text: str, line: int, words: str
) -> None:
    file = write(f"---\n{text}\n---\n{OBJECT}")
    [(found_line, message)] = unreadable(file)
    assert found_line == line
    assert words in message
    assert len(objects(file)) == 1


@pytest.mark.parametrize("text", ["[" * 200_000, "- " * 200_000 + "x", "{a: " * 200_000], ids=["flow", "block", "map"])
def test_deep_nesting_is_refused_before_it_exhausts_the_stack(write: Write, text: str) -> None:
    [(_, message)] = unreadable(write(text))
    assert "nested too deeply" in message


def test_ordinary_depth_is_not_deep(write: Write) -> None:
    many_brackets = ", ".join(["{a: [1]}"] * MAX_DEPTH)
    assert len(objects(write(f"{OBJECT}value: [{many_brackets}]\n"))) == 1


def test_merge_keys_that_multiply_are_refused(write: Write) -> None:
    entries = ", ".join(f"k{i}: v" for i in range(1000))
    merges = ", ".join(["{<<: *a}"] * 101)
    [(_, message)] = unreadable(write(f"a: &a {{{entries}}}\nb: [{merges}]\n"))
    assert "too many merged entries" in message


def test_aliases_that_multiply_cost_nothing(write: Write) -> None:
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 12)}]" for i in range(1, 12))]
    assert len(objects(write(OBJECT + "\n".join(lines)))) == 1


def test_repr_of_an_object_holds_no_content(write: Write) -> None:
    [found] = objects(write(f"{OBJECT}value: Sentinel\n"))
    assert "Sentinel" not in repr(found)


def repeated(file: str) -> list[tuple[str, int, int]]:
    """Each key that stands in its mapping again, with its line and that of the first."""
    [found] = objects(file)
    return [(again.key, again.line + 1, again.first_line + 1) for again in found.repeated]


def test_a_key_that_stands_in_its_mapping_twice_is_found_and_the_last_counts(write: Write) -> None:
    """As seen with `kubectl label --local -o json` 1.36."""
    file = write(f"{OBJECT}data:\n  a: 1\n  b: 2\n  a: 3\n")
    assert repeated(file) == [("a", 6, 4)]
    assert objects(file)[0].content["data"] == {"a": 3, "b": 2}


def test_keys_that_are_repeated_are_found_in_the_order_of_their_lines(write: Write) -> None:
    file = write(f"{OBJECT}a:\n  b: {{c: 1, c: 2}}\n  d: 3\n  d: 4\n  d: 5\na: 6\n")
    assert repeated(file) == [("c", 4, 4), ("d", 6, 5), ("d", 7, 5), ("a", 8, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "a: {k: 1}\nb: {k: 1}\n",
        "a: &a {k: 1}\nb: {<<: *a, k: 2}\n",
        "a: &a {k: 1, l: 2}\nb: {<<: [*a, {k: 3}]}\n",
        "a: &a {k: 1}\nb: {<<: *a, <<: {l: 2}}\n",
        "a: [{k: 1}, {k: 1}]\n",
    ],
    ids=["two mappings", "a merge", "merges in a list", "two merges", "a list"],
)
def test_what_stands_in_different_mappings_is_not_repeated(write: Write, text: str) -> None:
    assert repeated(write(OBJECT + text)) == []


def test_a_mapping_with_a_merge_key_may_repeat_another(write: Write) -> None:
    assert repeated(write(f"{OBJECT}a: &a {{k: 1}}\nb:\n  <<: *a\n  l: 2\n  l: 3\n")) == [("l", 7, 6)]


def test_two_objects_without_a_separator_are_told_where_it_is_missing(write: Write) -> None:
    text = f"{OBJECT}metadata: {{name: a}}\n"
    [(line, message)] = unreadable(write(f"---\n{text}{text}"))
    assert line == 5
    assert message == (
        "apiVersion stands in this document already, in line 2; is a '---' missing above line 5? "
        "Nothing of the document is checked"
    )


BOMB = "apiVersion: v1\nkind: List\nx:\n- &l0 {kind: List, items: [{kind: A}]}\n"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("again", ["*l{}", "{{<<: *l{}}}"], ids=["aliases", "merge keys"])
def test_lists_that_aliases_multiply_are_unrolled_once(write: Write, again: str) -> None:
    levels = (
        f"- &l{level} {{kind: List, items: [{', '.join([again.format(level - 1)] * 9)}]}}\n" for level in range(1, 5)
    )
    found = objects(write(f"{BOMB}{''.join(levels)}items: [*l4, {{kind: B}}]\n"))
    assert [item.kind for item in found] == ["A", "B"]
