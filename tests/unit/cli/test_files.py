"""Which files are read: names, folders, patterns; each once, and what can't be read told."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tracardi_operator.cli.manifests.files import Text, Unreadable, read_files

OBJECT = "apiVersion: v1\nkind: Thing\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes files below a folder that is the current one; all hold an object."""
    monkeypatch.chdir(tmp_path)

    def make(*names: str) -> None:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(OBJECT)

    return make


Tree = Callable[..., None]


def read(*names: str) -> list[str]:
    return [item.file for item in read_files(names) if isinstance(item, Text)]


def unreadable(*names: str) -> list[tuple[str, str]]:
    return [(str(item.location), item.message) for item in read_files(names) if isinstance(item, Unreadable)]


def test_a_folder_gives_its_yaml_and_json_files_at_any_depth_in_order(tree: Tree) -> None:
    tree("a/2.yml", "a/1.yaml", "a/b/c/3.json", "a/z.yaml", "a/read.me", "a/values.yaml.bak")
    assert read("a") == ["a/1.yaml", "a/2.yml", "a/b/c/3.json", "a/z.yaml"]


def test_hidden_files_and_folders_of_a_folder_are_left_out(tree: Tree) -> None:
    tree("a/.git/1.yaml", "a/.hidden.yaml", "a/seen.yaml")
    assert read("a") == ["a/seen.yaml"]


def test_a_hidden_file_that_is_named_is_read(tree: Tree) -> None:
    tree(".a/.hidden.yaml")
    assert read(".a/.hidden.yaml") == [".a/.hidden.yaml"]


def test_a_pattern_gives_what_it_matches_and_what_is_in_its_folders(tree: Tree) -> None:
    tree("a/1.yaml", "a/b/2.yaml", "c/3.yaml")
    assert read("a/**/*.yaml") == ["a/1.yaml", "a/b/2.yaml"]
    assert read("*") == ["a/1.yaml", "a/b/2.yaml", "c/3.yaml"]


def test_a_file_whose_name_is_a_pattern_is_that_file(tree: Tree) -> None:
    tree("[a].yaml", "a.yaml")
    assert read("[a].yaml") == ["[a].yaml"]


def test_a_pattern_that_nothing_matches_is_told(tree: Tree) -> None:
    tree("a.yaml")
    assert unreadable("b*.yaml") == [("b*.yaml", "No such file or directory")]


def test_a_file_is_read_once_by_whichever_way_it_is_named(tree: Tree, tmp_path: Path) -> None:
    tree("a/1.yaml")
    (tmp_path / "link.yaml").symlink_to("a/1.yaml")
    assert read("a/1.yaml", "./a/1.yaml", "a", "a/*.yaml", "link.yaml", str(tmp_path)) == ["a/1.yaml"]


def test_a_link_to_a_folder_above_is_no_endless_circle(tree: Tree, tmp_path: Path) -> None:
    tree("a/1.yaml")
    (tmp_path / "a" / "circle").symlink_to("..")
    assert read("a") == ["a/1.yaml"]


def test_settings_of_other_tools_in_a_folder_are_passed_over_even_if_they_are_no_yaml(
    tree: Tree, tmp_path: Path
) -> None:
    tree("a/1.yaml")
    (tmp_path / "a" / "tsconfig.json").write_text("// a comment: {\n")
    (tmp_path / "a" / "ours.yaml").write_text("apiVerison: tracardi.com/v1alpha1\n")
    assert read("a") == ["a/1.yaml", "a/ours.yaml"]
    assert read("a/tsconfig.json") == ["a/tsconfig.json"]


def test_what_can_not_be_read_is_told_and_the_rest_is_read(tree: Tree) -> None:
    tree("a.yaml")
    assert unreadable("none.yaml", "a.yaml") == [("none.yaml", "No such file or directory")]
    assert read("none.yaml", "a.yaml") == ["a.yaml"]


def test_a_folder_that_can_not_be_listed_is_told(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree("a/1.yaml", "a/locked/2.yaml")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert unreadable("a") == [("a/locked", "Permission denied")]
    assert read("a") == ["a/1.yaml"]


def test_a_named_pipe_is_read(tree: Tree) -> None:
    """As a shell's `<(helm template .)` gives one."""
    reading, writing = os.pipe()
    os.write(writing, OBJECT.encode())
    os.close(writing)
    [item] = read_files([f"/dev/fd/{reading}"])
    os.close(reading)
    assert item == Text(f"/dev/fd/{reading}", OBJECT)


def test_text_of_another_encoding_is_told_with_its_line(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "latin1.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    assert unreadable("latin1.yaml") == [("latin1.yaml:2", "is not UTF-8 text")]


def test_a_byte_order_mark_is_let_through(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbf" + OBJECT.encode())
    assert [item.content for item in read_files(["bom.yaml"]) if isinstance(item, Text)] == [OBJECT]


def test_repr_of_a_text_holds_no_content() -> None:
    assert "Sentinel" not in repr(Text("a", "Sentinel"))
