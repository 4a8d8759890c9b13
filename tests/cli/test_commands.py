"""Every command that speaks to a running control, as a person or a script runs it."""

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fakes.engine import make_finding
from fakes.running import PLATFORM, RunningControl, run_in_thread, short_directory
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app
from holdfast.engine.command import CloseFinding, OpenFinding, SuggestMitigation
from holdfast.model.mitigation import Deny
from holdfast.model.observed import ObservedCounts
from holdfast.model.prediction import Prediction, Verdict
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule

Run = Callable[..., Result]


@pytest.fixture
def control() -> Iterator[RunningControl]:
    with short_directory() as state, run_in_thread(state) as running:
        yield running


@pytest.fixture
def holdfast(control: RunningControl, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command and expects it to end with a certain code."""
    monkeypatch.setenv("HOLDFAST_STATE", str(control.state.path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, code: ExitCode = ExitCode.OK) -> Result:
        result = CliRunner().invoke(make_app(), arguments, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "platform.yaml"
    path.write_text(PLATFORM)
    return path


@pytest.fixture
def up(holdfast: Run, file: Path) -> Run:
    """The same, with a platform in force."""
    holdfast("apply", str(file), "--reason", "first")
    return holdfast


def test_status_before_anything_is_in_force(holdfast: Run) -> None:
    assert "Nothing is in force yet." in holdfast("status").stdout


def test_status_shows_what_is_in_force_where_and_since_when(up: Run) -> None:
    shown = up("status").stdout
    assert "small: 2 services of 2 tenants" in shown
    assert "Revision 1 in force since" in shown
    assert "by admin (first)" in shown
    assert "Edges: 1 of 1 have everything" in shown
    assert "shop" in shown
    assert json.loads(up("status", "--json").stdout)["in_force"]["number"] == 1


def test_apply_and_what_came_of_it(holdfast: Run, file: Path) -> None:
    assert "Revision 1 is in force on 1 of 1 edges." in holdfast("apply", str(file)).stdout
    assert "Nothing to do: revision 1" in holdfast("apply", str(file)).stdout


def test_apply_shows_every_mistake(up: Run, file: Path) -> None:
    file.write_text(PLATFORM.replace("50/s", "50").replace("name: small", "nam: small"))
    shown = up("apply", str(file), code=ExitCode.INPUT_MISTAKEN).stderr
    assert "platform.yaml:" in shown
    assert "fix" in shown
    assert json.loads(up("history", "--json").stdout)["revisions"][0]["number"] == 1


def test_apply_shows_warnings_of_what_it_put_in_force(up: Run, file: Path) -> None:
    file.write_text(PLATFORM.replace('["127.0.0.1:9000"]', '["127.0.0.1:9000", "127.0.0.1:9000"]'))
    applied = up("apply", str(file), "--at-once", "--reason", "a typo")
    assert "Revision 2 is in force" in applied.stdout
    assert "warning HF" in applied.stderr
    assert "fix" in applied.stderr


def test_apply_of_no_file(holdfast: Run, tmp_path: Path) -> None:
    assert "can't be read" in holdfast("apply", str(tmp_path / "none.yaml"), code=ExitCode.USAGE).stderr


def test_what_the_canary_refuses(up: Run, file: Path, control: RunningControl) -> None:
    control.outside.canary.complaint = "unknown [cluster]"  # type: ignore[attr-defined]
    file.write_text(PLATFORM + "\n")
    shown = up("apply", str(file), code=ExitCode.REFUSED).stderr
    assert "revision 2 is refused, nothing was changed" in shown
    assert "unknown [cluster]" in shown


def test_history_and_rollback(up: Run, file: Path) -> None:
    assert "no other revision" in up("rollback", code=ExitCode.REFUSED).stderr
    file.write_text(PLATFORM + "\n")
    up("apply", str(file), "--at-once", "--reason", "now")
    assert "Revision 3 is in force" in up("rollback", "--reason", "worse").stdout
    assert "Revision 4 is in force" in up("rollback", "2").stdout
    up("rollback", "77", code=ExitCode.REFUSED)
    shown = up("history").stdout.splitlines()
    assert shown[2].split()[:3] == ["4", "in", "force"]
    assert "worse" in shown[3]


def test_kill_and_end(up: Run) -> None:
    shown = up("kill", "shop", "--for", "1h", "--reason", "flood [b]now").stdout
    assert "m-1 is in force on 1 of 1 edges: kill shop" in shown
    assert "It ends by itself in 1 h" in shown
    listed = up("mitigations").stdout
    assert "flood [b]now" in listed
    assert "kill shop" in up("status").stdout
    assert "m-1 has ended" in up("end", "m-1").stdout
    assert "No mitigation is in force." in up("mitigations").stdout
    assert "already ended" in up("end", "m-1", code=ExitCode.REFUSED).stderr
    up("end", "m-7", code=ExitCode.REFUSED)
    up("end", "seven", code=ExitCode.USAGE)
    up("end", "../status", code=ExitCode.REFUSED)


@pytest.mark.parametrize(
    ("arguments", "measure"),
    [
        (
            ["read-only", "shop"],
            {"kind": "read-only", "service": "shop", "site": None, "classes": None, "spare": []},
        ),
        (
            ["limit", "shop", "--requests", "50/s", "--per-client", "30/min", "--in-flight", "3"],
            {
                "kind": "limit",
                "service": "shop",
                "requests_per_s": 50.0,
                "per_client": {"requests": 0.5, "burst": None},
                "in_flight": 3,
                "client_prefix": 32,
            },
        ),
        (
            ["limit", "shop", "--per-client", "5/s", "--client-prefix", "24"],
            {
                "kind": "limit",
                "service": "shop",
                "requests_per_s": None,
                "per_client": {"requests": 5.0, "burst": None},
                "in_flight": None,
                "client_prefix": 24,
            },
        ),
        (
            ["deny", "shop", "--network", "192.0.2.7", "--network", "2001:db8::/32", "--path-prefix", "/api/"],
            {
                "kind": "deny",
                "service": "shop",
                "source": {
                    "matches": [
                        {"dimension": "network", "values": ["192.0.2.7/32", "2001:db8::/32"]},
                        {"dimension": "path-prefix", "values": ["/api/"]},
                    ]
                },
            },
        ),
        (
            ["deny", "shop", "--user-agent", ""],
            {
                "kind": "deny",
                "service": "shop",
                "source": {"matches": [{"dimension": "user-agent", "values": [""]}]},
            },
        ),
        (
            ["block", "192.0.2.0/24", "2001:db8::1", "--service", "mail"],
            {"kind": "block", "service": "mail", "networks": ["192.0.2.0/24", "2001:db8::1/128"]},
        ),
        (["block", "192.0.2.0/24"], {"kind": "block", "service": None, "networks": ["192.0.2.0/24"]}),
    ],
)
def test_the_whole_menu(up: Run, arguments: list[str], measure: dict[str, object]) -> None:
    up(*arguments, "--for", "90s", "--reason", "because")
    (active,) = json.loads(up("mitigations", "--json").stdout)["active"]
    assert active["measure"] == measure
    assert 80 < active["remaining_s"] <= 90


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["kill", "nobody"], ExitCode.REFUSED, "has no service nobody"),
        (["kill", "No Body"], ExitCode.USAGE, "should match pattern"),
        (["limit", "shop"], ExitCode.REFUSED, "say what to limit"),
        (["limit", "shop", "--requests", "50"], ExitCode.USAGE, "100/s"),
        (["block", "10.0.0.1/8"], ExitCode.USAGE, "host bits"),
        (["block", "evil.example"], ExitCode.USAGE, "192.0.2.0/24"),
        (["block"], ExitCode.USAGE, ""),
        (["deny", "shop"], ExitCode.USAGE, "say what to refuse"),
        (["deny", "shop", "--path", "/", "--method", "GET", "--network", "192.0.2.1"], ExitCode.USAGE, "two"),
        (["deny", "shop", "--network", "10.0.0.1/8"], ExitCode.USAGE, "host bits"),
        (["deny", "shop", "--path-prefix", "/api"], ExitCode.USAGE, "slash"),
        (["kill", "shop", "--edge", "e9"], ExitCode.REFUSED, "has no edge e9"),
    ],
)
def test_what_is_refused(up: Run, arguments: list[str], code: ExitCode, words: str) -> None:
    assert words in up(*arguments, "--for", "1h", "--reason", "x", code=code).stderr
    assert json.loads(up("mitigations", "--json").stdout)["active"] == []


HARMFUL = Prediction(
    verdict=Verdict.HARMFUL, why="it would refuse 60% of normal traffic", samples=4000, refused_share=0.5,
    normal_refused_share=0.6, clients_refused=30, clients=40, refused_per_s=12.0,
)  # fmt: skip


def test_what_would_harm_is_shown_and_takes_force(up: Run, control: RunningControl) -> None:
    control.foretell(HARMFUL)
    wish = ("block", "192.0.2.0/24", "--for", "1h", "--reason", "x")
    refused = up(*wish, code=ExitCode.REFUSED)
    assert "Foretold: harmful, it would refuse 60% of normal traffic" in refused.stdout
    assert "of recent requests 50.0%, 12.0/s; 30 of 40 clients; from 4,000 samples" in refused.stdout
    assert "--force does it all the same" in refused.stderr
    assert "Foretold: harmful" in up("block", "192.0.2.0/24", "--preview").stdout
    assert "No mitigation is in force." in up("mitigations").stdout
    forced = up(*wish, "--force", "--edge", "e1").stdout
    assert "m-1 is in force" in forced
    assert "Foretold: harmful" in forced
    (row,) = (line for line in up("mitigations").stdout.splitlines() if line.startswith("m-1"))
    assert "(forced)" in row
    assert "only e1" in row
    assert "m-2 is in force" in up("kill", "shop", "--for", "1h", "--reason", "x").stdout


def test_a_preview_where_nothing_is_watched(up: Run) -> None:
    assert "Foretold: unknown, traffic isn't watched now" in up("kill", "shop", "--preview").stdout


def test_findings_and_suggestions(up: Run, control: RunningControl) -> None:
    assert "Nothing harmful is found now." in up("findings").stdout
    assert "Nothing is suggested." in up("suggestions").stdout
    up("finding", "f-1", code=ExitCode.REFUSED)
    source = SourceRule(matches=(SourceMatch(dimension=Dimension.USER_AGENT_FAMILY, values=("curl",)),))
    shares = {"source": source, "source_removes": 0.93, "source_spares": 0.998}
    control.submit(OpenFinding(make_finding().model_copy(update=shares)))
    control.submit(SuggestMitigation("f-1", Deny(service="shop", source=source), 90.0, "it would be contained"))
    (row,) = (line for line in up("findings").stdout.splitlines() if line.startswith("f-1"))
    assert "surge of shop" in row
    assert "something is suggested" in row
    assert json.loads(up("findings", "--json").stdout)["open"][0]["id"] == "f-1"
    shown = " ".join(up("finding", "f-1").stdout.split())
    assert "now 900, usually 90, of 200 it can have" in shown
    assert "from user-agent-family curl; removes 93% of the excess, spares 99.8% of what is normal" in shown
    assert "suggested deny shop: user-agent-family curl, for 1 m 30 s: it would be contained" in shown
    assert "deny shop: user-agent-family curl, for 1 m 30 s" in up("suggestions").stdout
    assert "m-1 is in force on 1 of 1 edges: deny shop" in up("accept-suggestion", "f-1").stdout
    up("accept-suggestion", "f-1", code=ExitCode.REFUSED)
    assert "answers f-1" in up("mitigations").stdout
    assert "answered by m-1" in " ".join(up("finding", "f-1").stdout.split())
    control.submit(CloseFinding("f-1", "as usual again"))
    assert "as usual again" in up("finding", "f-1").stdout
    assert json.loads(up("finding", "f-1", "--json").stdout)["state"] == "closed"


def test_observed(up: Run, file: Path, control: RunningControl) -> None:
    assert "No service is in observe mode." in up("observed").stdout
    file.write_text(PLATFORM.replace("{hosts: [shop.example]", "{mode: observe, hosts: [shop.example]"))
    up("apply", str(file), "--at-once", "--reason", "to look")
    shown = up("observed").stdout
    assert "unknown  " in shown
    assert "Missing, since they don't answer: e1" in shown
    control.outside.counts = {"e1": {"shop": ObservedCounts(12_000, 345, {"accept.methods": 67, "kill.m-1": 8}, 9)}}
    killed = " ".join(up("kill", "shop", "--for", "1h", "--reason", "x").stdout.split())
    assert "Warning: nothing is refused while shop is in observe mode" in killed
    assert "kill shop (only observed)" in up("mitigations").stdout
    assert "Warning" not in up("kill", "mail", "--for", "1h", "--reason", "x").stdout
    up("limit", "shop", "--in-flight", "3", "--for", "1h", "--reason", "x")
    (row,) = (line for line in up("observed").stdout.splitlines() if line.startswith("shop"))
    expected = "shop 12,000 345 accept.methods: 67 9 of 25 kill m-1: 8, limit m-3: not counted"
    assert " ".join(row.split()) == expected
    document = json.loads(up("observed", "--json").stdout)
    assert (document["silent_edges"], document["services"][0]["limited"]) == ([], 345)


@pytest.mark.parametrize("for_", ["1", "1 hour", "40d"])
def test_a_duration_has_a_unit_and_bounds(up: Run, for_: str) -> None:
    code = ExitCode.REFUSED if for_ == "40d" else ExitCode.USAGE
    up("kill", "shop", "--for", for_, "--reason", "x", code=code)


def test_a_mitigation_takes_a_reason_and_an_end(up: Run) -> None:
    up("kill", "shop", "--for", "1h", code=ExitCode.USAGE)
    up("kill", "shop", "--reason", "x", code=ExitCode.USAGE)
    up("kill", "shop", "--for", "1h", "--reason", " ", code=ExitCode.REFUSED)


def test_services(up: Run) -> None:
    assert "shop.example" in up("services").stdout
    assert [s["name"] for s in json.loads(up("services", "--tenant", "acme", "--json").stdout)["services"]] == ["shop"]
    assert json.loads(up("services", "mail", "--json").stdout)["tenant"] == "globex"
    up("services", "nobody", code=ExitCode.REFUSED)


def test_owners_limits(up: Run, tmp_path: Path) -> None:
    assert "from the platform file" in up("limits", "shop").stdout
    token = tmp_path / "token"
    token.write_text(up("token", "create", "--role", "owner", "--tenant", "acme", "--name", "ann").stdout)
    owner = ("--token-file", str(token))
    chosen = up("limits", "shop", "--requests", "7/s", "--per-client", "1/s", *owner).stdout
    assert chosen == "shop: 7/s, burst 14; each client: 1/s, burst 2 (chosen by the owner)\n"
    assert "more than the platform's" in up("limits", "shop", "--requests", "1000/s", code=ExitCode.REFUSED).stderr
    up("limits", "mail", "--requests", "7/s", *owner, code=ExitCode.REFUSED)
    up("status", *owner, code=ExitCode.FORBIDDEN)
    up("limits", "shop", "--requests", "7/s", "--reset", code=ExitCode.USAGE)
    up("limits", "shop", "--per-client-burst", "7", code=ExitCode.USAGE)
    assert "from the platform file" in up("limits", "shop", "--reset").stdout


def test_tokens(up: Run, tmp_path: Path) -> None:
    made = up("token", "create", "--role", "viewer", "--name", "bob")
    secret = made.stdout.strip()
    assert secret.startswith("holdfast_")
    assert secret not in made.stderr
    token = tmp_path / "token"
    token.write_text(secret)
    up("status", "--token-file", str(token))
    refused = up("kill", "shop", "--for", "1h", "--reason", "x", "--token-file", str(token), code=ExitCode.FORBIDDEN)
    assert "operator or admin" in refused.stderr
    listed = json.loads(up("token", "list", "--json").stdout)["tokens"]
    (bobs,) = [t["id"] for t in listed if t["name"] == "bob"]
    assert secret not in up("token", "list").stdout
    up("token", "revoke", bobs)
    up("status", "--token-file", str(token), code=ExitCode.FORBIDDEN)
    up("token", "revoke", bobs, code=ExitCode.REFUSED)


def test_by_url(up: Run, control: RunningControl) -> None:
    assert "small" in up("status", "--url", control.url).stdout


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nobody_answers(holdfast: Run, tmp_path: Path) -> None:
    """The HTTP library leaves the socket that it couldn't connect to the garbage collector: let it come here."""
    assert "`holdfast up` starts one" in holdfast("status", "--state", str(tmp_path), code=ExitCode.UNREACHABLE).stderr
    (tmp_path / "admin.token").write_text("x")
    holdfast("status", "--state", str(tmp_path), code=ExitCode.UNREACHABLE)
    holdfast("status", "--url", "http://127.0.0.1:1", code=ExitCode.UNREACHABLE)
    gc.collect()


def test_someone_else_answers(holdfast: Run, control: RunningControl) -> None:
    shown = holdfast("status", "--url", f"{control.url}/elsewhere", code=ExitCode.REFUSED)
    assert "Not Found" in shown.stderr


def test_the_help_names_every_command(holdfast: Run) -> None:
    shown = holdfast("--help").stdout
    commands = "init check schema up status services apply history rollback kill read-only limit block mitigations end"
    assert all(command in shown for command in [*commands.split(), "limits", "token", "salvage"])
    assert "70 a bug in Holdfast" in " ".join(shown.split())
    assert holdfast("--version").stdout.startswith("holdfast ")
