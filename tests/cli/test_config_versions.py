"""`config diff`, `config history` and resuming with changed files, as a user meets them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from opscli.errors import UsageError
from opscli.runner.compile import check_project
from opscli.runner.configurations import find, history, memory
from opscli.runner.difference import difference
from opscli.runner.stored import unpack
from tests import calling
from tests.calling import data

FILES = {
    "configs/project.yaml": (
        "kind: project\nversion: 1\nname: shop\nclock: 2026-05-01T12:00:00Z\nid_key: canary-hunter2\n"
        "limits: {max_recipients: 100}\n"
    ),
    "configs/sources/crm.yaml": (
        "kind: source\nversion: 1\nname: crm\npath: data/crm.csv\nentity: customers\nmap: {id: id, email: mail}\n"
    ),
    "configs/traits/facts.yaml": (
        "kind: traits\nversion: 1\ntraits:\n"
        "  revenue: {sum: orders.amount, within: 365d, label: {en: Revenue in a year, zh: 近一年消费额}}\n"
        "  orders_90d: {count: orders, within: 90d}\n"
    ),
    "configs/tags/value.yaml": (
        "kind: tags\nversion: 1\ndimension: value\nexclusive: true\ntags:\n"
        '  - {name: high_value, when: "revenue >= 5000"}\n'
        '  - {name: quiet, when: "orders_90d = 0"}\n'
        '  - {name: low_value, when: "revenue > 0"}\n'
    ),
    "configs/topics/offers.yaml": "kind: topic\nversion: 1\nname: offers\npolicy: opt_in\n",
    "configs/channels/mail.yaml": (
        "kind: channel\nversion: 1\nname: mail\ntype: file\nfolder: out\nfrom: Shop <a@shop.example>\n"
        "postal_address: Town\nunsubscribe: {mailto: stop@shop.example}\n"
    ),
    "configs/templates/offer/subject.txt": "Hello\n",
    "configs/templates/offer/body.txt": "One\nTwo\nThree\n",
    "configs/campaigns/winback.yaml": (
        "kind: campaign\nversion: 1\nname: winback\ntopic: offers\ntrigger: {tag_entered: quiet}\nsteps:\n"
        "  - id: pause\n    wait: {for: 3d}\n  - id: offer\n    send: {template: offer}\n"
    ),
    "jobs/load.yaml": "kind: job\nversion: 1\nname: load\nsteps: [import, dedupe]\n",
    "data/crm.csv": "id,mail\n1,ann@x.org\n",
}
EDITS = {
    "configs/tags/value.yaml": [("revenue >= 5000", "revenue >= 3000"), ("orders_90d = 0", "orders_90d < 2")],
    "configs/campaigns/winback.yaml": [("{for: 3d}", "{for: 5d}")],
}


def opscli(root: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return calling.opscli(root, *words, env={"PATH": "/usr/bin:/bin", "HOME": str(root), **environment})


def git(root: Path, *words: str) -> str:
    name = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
    return subprocess.run(["git", *name, *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def edit(root: Path, edits: dict[str, list[tuple[str, str]]]) -> None:
    for file, pairs in edits.items():
        text = (root / file).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        (root / file).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in git that ran once."""
    folder = tmp_path_factory.mktemp("shop")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "configs", "jobs")
    git(folder, "commit", "-q", "-m", "first")
    loaded = opscli(folder, "run", "load")
    assert loaded.returncode == 0, loaded.stderr
    return folder


@pytest.fixture
def root(ran: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    shutil.copytree(ran, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_two_rules_and_a_step_are_named_in_words_and_nothing_else(root: Path) -> None:
    edit(root, EDITS)
    answer = opscli(root, "config", "diff")
    assert answer.returncode == 0, answer.stderr
    changes = [line.strip() for line in answer.stdout.splitlines() if line.startswith("  ~ ")]
    step, quiet, high = changes
    assert step == "~ campaign winback, step pause: wait.for changed from 3d to 5d (configs/campaigns/winback.yaml:8)"
    assert quiet.endswith("; decides for campaign winback (configs/tags/value.yaml:7)")
    assert '~ tag quiet: the rule changed from "orders_90d is 0" to "orders_90d is less than 2"' in quiet
    before, after = "Revenue in a year is at least 5000", "Revenue in a year is at least 3000"
    assert high == f'~ tag high_value: the rule changed from "{before}" to "{after}" (configs/tags/value.yaml:6)'
    assert answer.stdout.splitlines()[1] == "1 campaign, 2 tags"
    assert "who is written to" in answer.stdout
    assert "      - revenue >= 5000\n      + revenue >= 3000\n" in answer.stdout


def test_the_project_s_language_and_the_exit_code(root: Path) -> None:
    edit(root, EDITS)
    answer = opscli(root, "config", "diff", "--detailed-exitcode", OPSCLI_LOCALE="zh")
    assert answer.returncode == 6
    assert "标签 high_value：规则由“近一年消费额不小于 5000”改为“近一年消费额不小于 3000”" in answer.stdout  # noqa: RUF001  Chinese marks
    body = json.loads(opscli(root, "config", "diff", "--detailed-exitcode", "--json").stdout)
    assert (body["code"], body["data"]["summary"]) == (6, "1 campaign, 2 tags")
    assert [item["who_is_written_to"] for item in body["data"]["changes"]] == [True, True, False]
    rule = body["data"]["changes"][1]
    assert (rule["rule_before"], rule["rule_after"], rule["used_by"]) == (
        "orders_90d = 0",
        "orders_90d < 2",
        ["campaign winback"],
    )


def test_comments_and_formatting_mean_nothing(root: Path) -> None:
    same = opscli(root, "config", "diff", "--detailed-exitcode")
    assert (same.returncode, same.stdout.splitlines()[1]) == (0, "no change: both are the same config version")
    edit(root, {"configs/campaigns/winback.yaml": [("{for: 3d}", "{for: 72h} # three days")]})
    answer = opscli(root, "config", "diff", "--detailed-exitcode")
    assert answer.returncode == 0
    assert answer.stdout.splitlines()[1].startswith("no change in meaning")


def test_every_way_to_name_a_side(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(root, EDITS)
    git(root, "commit", "-q", "-a", "-m", "second")
    other = root / "other"
    shutil.copytree(root / "configs", other / "configs")
    edit(other, {"configs/topics/offers.yaml": [("opt_in", "opt_out")]})
    monkeypatch.chdir(root)
    checked = check_project(root)
    both = ["campaign winback, step pause", "tag quiet", "tag high_value"]
    with memory(checked) as state:
        assert state is not None
        (run,) = history(state, 9)
        for sides, expected in {
            (run.version[:6], "files"): both,
            (run.first_run or "", "files"): both,
            ("git:HEAD~1", "git:HEAD"): both,
            ("files", "other"): ["topic offers", "job load was removed"],
            ("files", "other/configs/topics/offers.yaml"): ["topic offers"],
            ("latest", "configs/tags/value.yaml"): both[1:],
        }.items():
            found = difference(find(checked, state, sides[0]), find(checked, state, sides[1]))
            assert [item.sentence.partition(":")[0] for item in found.told] == expected, sides
        for word in ("nonsense", "git:no-such", "/"):
            with pytest.raises(UsageError) as refused:
                find(checked, state, word)
            assert refused.value.remedy


def test_secrets_are_neither_stored_nor_shown(root: Path) -> None:
    edit(root, {"configs/project.yaml": [("canary-hunter2", "canary-other")]})
    answer = opscli(root, "config", "diff", "--json")
    assert "canary" not in answer.stdout
    (change,) = data(answer)["changes"]
    assert change["sentence"] == "project shop: id_key changed; it is secret: ***"
    with sqlite3.connect(root / ".opscli" / "state.db") as state:
        ((content,),) = state.execute("SELECT content FROM config_blobs").fetchall()
    (project,) = [item for item in unpack(content) if item.kind == "project"]
    assert project.data["id_key"].startswith("#")


def test_history_says_what_changed_when_and_with_which_commit(root: Path) -> None:
    first = git(root, "rev-parse", "HEAD")
    edit(root, EDITS)
    assert opscli(root, "run", "load", "--as-of", "2026-05-02").returncode == 0
    rows = data(opscli(root, "config", "history", "--json"))
    assert [row["changed"] for row in rows] == ["1 campaign, 2 tags", "the first that ran"]
    assert [row["git_commit"] for row in rows] == [f"{first}+", first], "the files differed from the commit"
    assert rows[0]["first_run"] == rows[0]["last_run"] != rows[1]["last_run"]
    git(root, "commit", "-q", "-a", "-m", "second")
    assert opscli(root, "run", "load", "--as-of", "2026-05-03").returncode == 0
    newest = data(opscli(root, "config", "history", "--json", "--limit", "1"))[0]
    assert (newest["runs"], newest["git_commit"]) == (2, git(root, "rev-parse", "HEAD"))
    assert newest["changed"] == "1 campaign, 2 tags", "compared with the one before, also when that is not shown"
    table = opscli(root, "config", "history").stdout
    assert max(map(len, table.splitlines())) <= 80
    assert "2026-05-02 – 2026-05-03" in table  # noqa: RUF001  the dash between two dates


def test_an_unfinished_run_is_resumed_with_its_own_configuration_only(root: Path) -> None:
    (root / "data" / "crm.csv").unlink()
    assert opscli(root, "run", "load", "--as-of", "2026-05-04").returncode not in (0, 3)
    (root / "data" / "crm.csv").write_text("id,mail\n1,ann@x.org\n", encoding="utf-8")
    edit(root, {"configs/tags/value.yaml": [("revenue >= 5000", "revenue >= 3000")]})
    refused = opscli(root, "run", "load", "--resume")
    assert refused.returncode == 78
    assert 'tag high_value: the rule changed from "Revenue in a year is at least 5000"' in refused.stderr
    assert "--resume --accept-config" in refused.stderr
    assert opscli(root, "run", "load", "--as-of", "2026-05-04").returncode == 78, "the same without the word"
    assert opscli(root, "run", "load", "--resume", "--accept-config").returncode == 0


def test_files_that_are_only_written_otherwise_stop_no_run(root: Path) -> None:
    (root / "data" / "crm.csv").rename(root / "away.csv")
    assert opscli(root, "run", "load", "--as-of", "2026-05-04").returncode not in (0, 3)
    (root / "away.csv").rename(root / "data" / "crm.csv")
    edit(root, {"configs/tags/value.yaml": [("revenue >= 5000", "revenue   >=   5000")]})
    resumed = opscli(root, "run", "load", "--resume")
    assert resumed.returncode == 0, resumed.stderr
