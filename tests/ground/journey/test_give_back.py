"""Memory goes back during a run, and nothing is left running behind it."""

from __future__ import annotations

import threading

import pytest

from resettle.journey import give_back as room
from resettle.journey.give_back import ALLOCATOR, giving_back, keep_little


def test_a_users_own_setting_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOCATOR, "narenas:1")
    keep_little()
    assert room.os.environ[ALLOCATOR] == "narenas:1"
    monkeypatch.delenv(ALLOCATOR)
    keep_little()
    assert "dirty_decay_ms" in room.os.environ[ALLOCATOR]


def test_pages_go_back_while_it_is_open_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Semaphore(0)
    monkeypatch.setattr(room, "_trim", lambda: lambda _pad: asked.release())
    with pytest.raises(ValueError, match="a stage that fails"), giving_back(0.01):
        assert asked.acquire(timeout=30) and asked.acquire(timeout=30)
        raise ValueError("a stage that fails")
    assert "give-back" not in {thread.name for thread in threading.enumerate()}


def test_another_c_library_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_trim", lambda: None)
    with giving_back(0.01):
        room.give_back()
