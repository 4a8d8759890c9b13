"""Scenario files: found by name or path, and every mistake in them told."""

from pathlib import Path

import pytest

from holdfast.drills.catalogue import ScenarioInvalid, list_scenarios, load_scenario, load_scenario_of
from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour
from holdfast.drills.surge_attack.scenario import SurgeAttack

FOLDER = Path(__file__).parents[2] / "scenarios"


def change(tmp_path: Path, name: str, before: str, after: str) -> Path:
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    assert before in text
    file = tmp_path / "changed.yaml"
    file.write_text(text.replace(before, after), "utf-8")
    return file


def test_every_scenario_is_listed_and_found_by_its_name() -> None:
    assert [load_scenario(each.drill) for each in list_scenarios()] == list_scenarios()
    assert [each.drill for each in list_scenarios()] == sorted(file.stem for file in FOLDER.glob("*.yaml"))


def test_a_scenario_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    own = load_scenario_of(NoisyNeighbour, str(change(tmp_path, "noisy-neighbour", "factor: 50", "factor: 20")))
    assert own.flood_rps == 20 * own.requests


@pytest.mark.parametrize(
    ("name", "told"), [("nosy", "there is no drill 'nosy'; there are: bad-route-push"), ("none.yaml", "can't be read")]
)
def test_an_unknown_scenario_is_told(name: str, told: str) -> None:
    with pytest.raises(ScenarioInvalid, match=told):
        load_scenario(name)


def test_a_scenario_of_another_drill_is_told() -> None:
    with pytest.raises(ScenarioInvalid, match="noisy-neighbour is a scenario of the drill noisy-neighbour"):
        load_scenario_of(SurgeAttack, "noisy-neighbour")


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("noisy-neighbour", "tenants: 20", "tenants: [", "isn't YAML"),
        ("noisy-neighbour", "drill: noisy-neighbour", "drill: nosy", "does not match any of the expected tags"),
        ("noisy-neighbour", "block: 3s", "block: 3", "has no unit"),
        ("noisy-neighbour", "tenants: 20", "tenant: 20", "tenant: Extra inputs"),
        ("noisy-neighbour", "from: 50, to: 500", "from: 500, to: 50", "from 500 is above to 50"),
        ("noisy-neighbour", "maximum: 24", "maximum: 27", "need 65 places of 64"),
        ("surge-attack", "limit: 260/s", "limit: 400/s", "an attack of 340/s stays within the limit of 400/s"),
        ("surge-attack", "from: 34/s, to: 56/s", "from: 34/s, to: 33/s", "from 34 is above to 33"),
        ("surge-attack", "  reject: {guaranteed", "  # reject: {guaranteed", "no walls are stated"),
        ("platform-surge", "share: 5%", "share: 6%", "add up to 101%"),
        ("bad-route-push", "from: 2%, to: 4%", "from: 4%, to: 2%", "from 4.00% to 2.00% is no range of shares"),
        ("bad-route-push", "services: 100", "services: 50", "greater than or equal to 100"),
        ("platform-surge", "factor: 3 ", "factor: 5 ", "critical classes alone ask for 100% of the capacity"),
    ],
)
def test_mistakes_in_a_scenario_are_told(tmp_path: Path, name: str, before: str, after: str, told: str) -> None:
    with pytest.raises(ScenarioInvalid, match=told):
        load_scenario(str(change(tmp_path, name, before, after)))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = change(tmp_path, "noisy-neighbour", "block: 3s", "block: 3")
    file.write_text(file.read_text("utf-8").replace("factor: 50", "factor: 0"), "utf-8")
    with pytest.raises(ScenarioInvalid, match=r"(?s)flood\.factor.*full\.block"):
        load_scenario(str(file))
