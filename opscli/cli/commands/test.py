"""`opscli test`, `test new`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from opscli.cli import report, session
from opscli.cli.choices import CHOICES
from opscli.phrases import say

if TYPE_CHECKING:
    from opscli.runner.simulate import Verdict

_FAILED = 1


class WithNew(TyperGroup):
    """`opscli test FILE…` runs these tests, `opscli test new …` writes one: other first words are files."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The group's own words, unless the first one names a command."""
        if args and args[0] in self.commands:
            super().parse_args(ctx, [])
            ctx._protected_args, ctx.args = args[:1], args[1:]  # noqa: SLF001  where a group keeps the rest of the call
            return args[1:]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=WithNew,
    help="Test the configuration: given these records, expect these tags, mails, numbers.",
    context_settings={"allow_interspersed_args": True},  # options may follow the files, as with any other test runner
)


@app.callback(
    invoke_without_command=True,
    epilog='Examples:  opscli test  |  opscli test configs/tags -k "value not at_risk"  |  opscli test --junit out.xml',
)
def run(
    context: typer.Context,
    files: Annotated[
        list[str] | None, typer.Argument(help="Files, folders or file::case; all tests when absent.")
    ] = None,
    text: Annotated[
        str, typer.Option("-k", metavar="TEXT", help="Only cases whose name has these words; not and or work.")
    ] = "",
    fail_fast: Annotated[bool, typer.Option("--fail-fast", "-x", help="Stop at the first failure.")] = False,
    only_list: Annotated[bool, typer.Option("--list", help="Name the cases; run nothing.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Also write the result as JUnit XML, for CI.")] = None,
) -> int:
    """Run the tests of the configuration on throw-away stores, with a simulated clock and without a network."""
    if context.invoked_subcommand is not None:
        return 0
    from opscli.runner.testing import Wanted, check_tests, choose, project_for_tests

    root = session.root()
    checked, specs = check_tests(root, CHOICES.environment)
    cases = choose(specs, Wanted(paths=files or (), text=text), root)
    if only_list or not cases:
        if not cases:
            report.note(say("testing.no_tests"))
        report.show([{"case": case.id} for case in cases], columns=("case",))
        return 0
    from opscli.cli.testing import Telling, write_junit
    from opscli.runner.simulate import simulator

    telling = Telling(total=len(cases))
    verdicts: list[Verdict] = []
    with simulator(project_for_tests(checked, root)) as runs:
        for case in cases:
            verdicts.append(runs.run(case))
            telling.tell(verdicts[-1])
            if fail_fast and not verdicts[-1].passed:
                break
    telling.end(verdicts)
    if junit is not None:
        write_junit(junit, verdicts)
    return 0 if all(verdict.passed for verdict in verdicts) else _FAILED


@app.command(epilog="Examples:  opscli test new tags/value  |  opscli test new bug_17 --from-customer H00042")
def new(
    name: Annotated[str, typer.Argument(help="Name of the file below configs/, such as tags/value.")],
    from_customer: Annotated[
        str | None, typer.Option("--from-customer", help="A customer whose records and tags become the test, masked.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a test: a commented beginning, or a real customer without what tells who it is."""
    from opscli.runner.draft import skeleton, write

    if from_customer is None:
        project = session.open_project()
        text = skeleton(session.now(project))
        path = write(project.root, name, text, force=force)
    else:
        from opscli.profiles.view import resolve
        from opscli.runner.draft import from_a_customer

        with session.opened() as ctx:
            text = from_a_customer(ctx, resolve(ctx, from_customer))
            path = write(ctx.project.root, name, text, force=force)
    shown = path.relative_to(session.root()).as_posix()
    report.done(say("testing.written", file=shown), {"file": shown})
