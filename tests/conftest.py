"""Where the hand-over folder is, and what happens to tests that need it when it is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("RESETTLE_SHARED", Path(__file__).parents[1].parent / "shared"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks for its own target, and what needs the shared folder where there is none."""
    wanted = config.getoption("-m") or ""
    left: list[pytest.Item] = []
    missing = 0
    for item in list(items):
        own_target = next(
            (m for m in ("browser", "spark", "slow") if item.get_closest_marker(m) and m not in wanted), None
        )
        no_shared = item.get_closest_marker("shared") is not None and not SHARED.exists()
        if no_shared and os.environ.get("CI"):
            raise pytest.UsageError(f"the shared folder is absent ({SHARED}) though CI is set")
        if own_target or no_shared:
            left.append(item)
            missing += no_shared
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    config.stash[_MISSING] = missing


_MISSING = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    missing = config.stash.get(_MISSING, 0)
    if missing:
        terminalreporter.write_line(
            f"{missing} tests read the hand-over folder, which is not here; they were left out"
        )


@pytest.fixture(scope="session")
def shared() -> Path:
    """The hand-over folder."""
    return SHARED
