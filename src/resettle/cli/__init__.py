"""The command line: one file a command; each parses, calls and prints."""

from __future__ import annotations

import errno
import importlib
import os
import pkgutil
import re
import sys
from typing import Any

import click

from resettle import __version__
from resettle.problems import Problem

EXIT_PROBLEMS = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class Commands(click.Group):
    """Commands found by file name, imported only when they are called, so that ``--help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1) if args else []
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(error.message + hint, ctx) from error


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="resettle")
def cli() -> None:
    """Planned relocation, precise to each household. 精准到户的搬迁方案。

    Start with: resettle demo luoyang-2016
    """


def main() -> None:
    """Entry point: exit codes 0 done, 1 problems that need a person, 2 wrong use, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    from resettle.journey.give_back import keep_little

    keep_little()
    from resettle.cli._console import print_problems, said_language
    from resettle.problems import ResettleError

    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        click.echo("Interrupted; the former results are untouched. 已中断，原来的结果没有动。", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        click.echo("Interrupted; the former results are untouched. 已中断，原来的结果没有动。", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except ResettleError as error:
        print_problems(error.problems, said_language(sys.argv[1:]))
        sys.exit(EXIT_PROBLEMS)
    except Exception as error:
        fault = disk_fault(error)
        if fault is None:
            raise
        print_problems([fault], said_language(sys.argv[1:]))
        sys.exit(EXIT_PROBLEMS)


def disk_fault(error: BaseException) -> Problem | None:
    """What the disk refused, however the library that wrote wrapped it; ``None`` for any other error.

    >>> disk_fault(ValueError("No space left on device (os error 28)")).values["reason"]
    {'zh': '磁盘满了', 'en': 'the disk is full'}
    >>> disk_fault(ValueError("a defect")) is None
    True
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError):
            reason = seen.strerror or str(seen)
            return _refused(str(seen.filename or ""), reason, seen.errno)
        for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EACCES):
            if os.strerror(number) in str(seen):
                return _refused("", os.strerror(number), number)
        seen = seen.__cause__ or seen.__context__
    return None


def _refused(file: str, reason: str, number: int | None) -> Problem:
    """A file or folder that could not be written: its own name, not that of the half-written one beside it."""
    from resettle.words import LANGUAGES, sentences

    key = f"common.disk.{errno.errorcode.get(number or 0, '')}"
    told: dict[str, str] = {k: sentences(k).get(key, reason) for k in LANGUAGES}
    path = re.sub(r"(^|[/\\\\])\.([^/\\\\]+)\.partial(?=$|[/\\\\])", r"\1\2", file)
    return Problem("store.disk_full", "error", file=path, values={"reason": told})
