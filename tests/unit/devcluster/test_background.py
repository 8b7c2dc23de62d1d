"""Who runs where, told by a lock that ends with its holder."""

import json
from pathlib import Path

import pytest

from tracardi_operator.devcluster import background
from tracardi_operator.devcluster.background import State, find, held, published, stop
from tracardi_operator.devcluster.errors import ControlPlaneError

STATE = State(pid=1, url="u", kubeconfig="k", audit_log="a", logs="l", kubectl="c", components={"etcd": 2})


def test_nothing_runs_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert find(tmp_path / "nowhere") is None


def test_a_state_file_without_a_lock_counts_for_nothing(tmp_path: Path) -> None:
    with held(tmp_path), published(tmp_path, STATE):
        left = (tmp_path / "state.json").read_text()
    (tmp_path / "state.json").write_text(left)
    assert json.loads(left)["pid"] == 1
    assert find(tmp_path) is None
    assert stop(tmp_path) is None


def test_what_the_holder_of_the_lock_published_is_found(tmp_path: Path) -> None:
    with held(tmp_path), published(tmp_path, STATE):
        assert find(tmp_path) == STATE


def test_a_start_in_progress_is_told(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(ControlPlaneError, match="starting or ending"):
        find(tmp_path)


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(ControlPlaneError, match="another process"), held(tmp_path):
        pass


def test_a_new_owner_forgets_what_a_killed_one_left(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{}")
    with held(tmp_path):
        assert background.read(tmp_path) is None
