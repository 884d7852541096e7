"""cutpoint rollout: checked before it is done, one command for a share, for all, and back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cutpoint.bus import EmbeddedBroker, MqttBus
from cutpoint.graph import Bundle
from edge_server import ROLLOUT_FILE, Rollout, Rollouts
from tests.cli.conftest import FIXTURES, Run

MODELS = FIXTURES / "models"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """fomo.cut; fomo-2.cut is the same model with another name in it; tiny.cut another model."""
    folder = tmp_path_factory.mktemp("made")
    data = (MODELS / "fomo_like.tflite").read_bytes()
    Bundle.create(data, folder, name="fomo")
    Bundle.create(data, folder, name="fomo-2")
    Bundle.create((MODELS / "autoencoder.tflite").read_bytes(), folder, name="tiny")
    return folder


@pytest.fixture
def models(tmp_path: Path, made: Path) -> Path:
    folder = tmp_path / "bundles"
    folder.mkdir()
    shutil.copytree(made / "fomo.cut", folder / "fomo.cut")
    return folder


def stated(models: Path) -> tuple[Rollout, ...]:
    return Rollouts.read(models / ROLLOUT_FILE).rollout


def test_a_new_version_serves_a_share_then_all_then_none(run: Run, models: Path, made: Path) -> None:
    said = run("rollout", made / "fomo-2.cut", "--over", "fomo", "--share", "10%", "--models", models)
    assert said.code == 0
    assert "fomo-2.cut, copied into" in said.sentence
    assert "nothing is sent" in said.sentence
    assert stated(models) == (Rollout(new="fomo-2.cut", over="fomo.cut", share=0.1),)
    assert Bundle.open(models / "fomo-2.cut").name == "fomo-2"
    assert "it was 10%" in run("rollout", "fomo-2", "--share", "100%", "--models", models).sentence
    assert stated(models)[0].share == 1.0
    assert run("rollout", made / "fomo-2.cut", "--share", "0%", "--models", models).code == 0
    assert stated(models)[0].share == 0.0
    assert sorted(path.name for path in models.iterdir()) == ["fomo-2.cut", "fomo.cut", ROLLOUT_FILE]
    shown = run("rollout", "--models", models, "--json")
    [one] = json.loads(shown.out)["rollouts"]
    assert (one["new"], one["over"], one["share"]) == ("fomo-2.cut", "fomo.cut", 0.0)
    assert one["new_id"] == one["over_id"]


def test_another_model_is_sent_and_may_be_named_by_its_id(run: Run, models: Path, made: Path) -> None:
    id = Bundle.open(made / "fomo.cut").model_id.hex()
    said = run("rollout", made / "tiny.cut", "--over", id, "--share", "0.5", "--models", models)
    assert "are sent it" in said.sentence
    assert stated(models) == (Rollout(new="tiny.cut", over="fomo.cut", share=0.5),)
    assert "50%" in run("rollout", "--models", models).sentence


def test_a_version_of_the_same_folder_name_is_put_beside_the_old_one(
    run: Run, models: Path, made: Path, tmp_path: Path
) -> None:
    elsewhere = shutil.copytree(made / "fomo-2.cut", tmp_path / "built" / "fomo.cut")
    assert run("rollout", elsewhere, "--over", "fomo.cut", "--share", "5%", "--models", models).code == 0
    [rollout] = stated(models)
    assert rollout.over == "fomo.cut"
    assert rollout.new.startswith("fomo-")
    assert Bundle.open(models / rollout.new).name == "fomo-2"
    assert Bundle.open(models / "fomo.cut").name == "fomo"
    assert run("rollout", elsewhere, "--share", "100%", "--models", models).code == 0
    assert len(stated(models)) == 1


def test_devices_are_counted_at_the_broker(run: Run, models: Path, made: Path) -> None:
    run("rollout", made / "tiny.cut", "--over", "fomo", "--share", "50%", "--models", models)
    old, new = (Bundle.open(made / f"{name}.cut").model_id.hex() for name in ("fomo", "tiny"))
    with EmbeddedBroker() as broker:
        host, port = broker.address
        bus = MqttBus(host, port, "fleet")
        bus.connect()
        for number, model in enumerate((old, old, new)):
            about = json.dumps({"model": model, "operators": 3, "boot": 1}).encode()
            assert bus.publish(f"cutpoint/1/cam-{number}/about", about, 1, True)
        bus.publish("cutpoint/1/cam-9/about", b"nonsense", 1, True)
        said = run("rollout", "--models", models, "--broker", f"{host}:{port}")
        bus.close()
    assert "devices that run the new model: 1, the old one: 2" in said.sentence


def test_a_rollout_is_forgotten_once_it_is_clear_who_serves(run: Run, models: Path, made: Path) -> None:
    run("rollout", made / "fomo-2.cut", "--over", "fomo", "--share", "100%", "--models", models)
    refused = run("rollout", "fomo-2", "--end", "--models", models)
    assert refused.code == 2
    assert "two bundles of one model" in refused.sentence
    shutil.rmtree(models / "fomo.cut")
    assert run("rollout", "fomo-2", "--end", "--models", models).code == 0
    assert stated(models) == ()
    assert "knows no rollout" in run("rollout", "fomo-2", "--end", "--models", models).sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fomo-2.cut"], "say which share"),
        (["fomo", "--share", "150%"], "--share is '150%'"),
        (["fomo", "--share", "some"], "--share is 'some'"),
        (["fomo", "--share", "10%"], "--over"),
        (["nothing", "--over", "fomo", "--share", "10%"], "no bundle nothing"),
        (["fomo", "--over", "nothing", "--share", "10%"], "no bundle nothing"),
        (["fomo", "--over", "fomo", "--share", "10%"], "no bundle fomo"),
        (["--share", "10%"], "name the new version"),
        (["fomo", "--end", "--share", "1%"], "--end takes neither"),
    ],
)
def test_wrong_use_of_a_rollout_is_one_sentence_and_changes_nothing(
    run: Run, models: Path, arguments: list[str], words: str
) -> None:
    said = run("rollout", *arguments, "--models", models)
    assert said.code == 2
    assert words in said.sentence
    assert not (models / ROLLOUT_FILE).exists()


def test_a_damaged_version_is_refused_before_it_is_copied(
    run: Run, models: Path, made: Path, tmp_path: Path
) -> None:
    damaged = shutil.copytree(made / "fomo-2.cut", tmp_path / "damaged.cut")
    (damaged / "full.tflite").write_bytes(b"spoilt")
    said = run("rollout", damaged, "--over", "fomo", "--share", "10%", "--models", models)
    assert said.code == 2
    assert "SHA-256 differs" in said.sentence
    assert sorted(path.name for path in models.iterdir()) == ["fomo.cut"]


def test_a_file_that_cannot_be_read_is_not_written_over(run: Run, models: Path, made: Path) -> None:
    (models / ROLLOUT_FILE).write_text("[[rollout]]\nnew = 3\n")
    said = run("rollout", made / "fomo-2.cut", "--over", "fomo", "--share", "10%", "--models", models)
    assert said.code == 2
    assert ROLLOUT_FILE in said.sentence
    assert (models / ROLLOUT_FILE).read_text() == "[[rollout]]\nnew = 3\n"
