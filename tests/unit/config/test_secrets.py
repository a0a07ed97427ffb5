from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest

from opscli.config.secrets import Secret, SecretMissing, redacted, resolve

VALUE = "hunter2-canary"


def test_each_reference_leads_to_its_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", VALUE)
    (tmp_path / "password").write_text(VALUE + "\n", encoding="utf-8")
    (tmp_path / ".env").write_text(f"# secrets\nexport OTHER='{VALUE}'\n", encoding="utf-8")
    for reference in (
        {"env": "SHOP_PASSWORD"},
        {"env": "OTHER"},
        {"file": "password"},
        {"cmd": [sys.executable, "-c", f"print('{VALUE}')"]},
    ):
        assert resolve(reference, tmp_path).reveal() == VALUE, reference


def test_the_environment_wins_over_the_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SHOP_PASSWORD=old\n", encoding="utf-8")
    monkeypatch.setenv("SHOP_PASSWORD", VALUE)
    assert resolve({"env": "SHOP_PASSWORD"}, tmp_path).reveal() == VALUE


@pytest.mark.parametrize(
    ("reference", "remedy"),
    [
        ({"env": "NOT_SET_ANYWHERE"}, "export NOT_SET_ANYWHERE=…"),
        ({"file": "absent"}, "write the secret into absent"),
        ({"cmd": [sys.executable, "-c", f"print('{VALUE}'); raise SystemExit(1)"]}, "run it by hand"),
    ],
)
def test_a_missing_secret_says_how_to_set_it(tmp_path: Path, reference: dict[str, object], remedy: str) -> None:
    with pytest.raises(SecretMissing) as caught:
        resolve(reference, tmp_path)
    assert caught.value.exit_code == 78
    assert caught.value.remedy.startswith(remedy)
    assert VALUE not in str(caught.value)


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(VALUE)
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret:>20}", repr([secret]), f"{secret!r}"):
        assert VALUE not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_output_shows_where_a_secret_is_kept_and_not_what_it_is() -> None:
    data = {"password": {"env": "SMTP"}, "id_key": VALUE, "steps": [{"key": {"cmd": ["pass", "show"]}}]}
    assert redacted(data) == {"password": "*** (env SMTP)", "id_key": "***", "steps": [{"key": "*** (cmd pass)"}]}
