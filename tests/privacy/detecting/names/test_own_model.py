"""A names model of the user's own, by its folder."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.encoders.bert import EncoderMissing
from edgeroute.privacy.detecting.detector import DetectionFailed, Detector
from edgeroute.privacy.detecting.names.own_model import OwnModel, classes
from edgeroute.privacy.detecting.names.rampart import Rampart
from edgeroute.privacy.policy import OwnNames, PrivacyPolicy, ScanBudget
from tests.support.house import house
from tests.support.model_files import require

TEXT = "Please tell Agnieszka Kowalska in Rotterdam that Mr Okafor has called."


def folder(place: Path, *, renamed: dict[str, str] | None = None) -> Path:
    """The packaged names model as somebody else's, its labels renamed."""
    source = require("rampart/model_q4.onnx").parent
    place.mkdir()
    (place / "model.onnx").symlink_to(source / "model_q4.onnx")
    (place / "tokenizer.json").symlink_to(source / "tokenizer.json")
    config = (source / "config.json").read_text("utf-8")
    for old, new in (renamed or {}).items():
        config = config.replace(old, new)
    (place / "config.json").write_text(config)
    return place


def labels_only(place: Path, *labels: str) -> Path:
    """A folder whose model knows ``labels``, and cannot be loaded."""
    place.mkdir()
    for name in ("model.onnx", "tokenizer.json"):
        (place / name).write_text("{}")
    named = {str(number): label for number, label in enumerate(labels)}
    (place / "config.json").write_text(json.dumps({"id2label": named}))
    return place


def test_a_token_classifier_is_read_as_the_packaged_model_is(tmp_path: Path) -> None:
    """The same file through the open door sees the same people in the same places."""
    own = OwnModel(folder(tmp_path / "own")).read([TEXT])[0]
    packaged = Rampart(require("rampart/model_q4.onnx").parent).read([TEXT])[0]
    assert {TEXT[span.start : span.end] for span in own} >= {"Agnieszka", "Kowalska", "Okafor"}
    assert [(s.label, s.start, s.end) for s in own] == [(s.label, s.start, s.end) for s in packaged]


def test_a_whole_name_is_given_names_and_a_surname(tmp_path: Path) -> None:
    """Models that know only persons are read like those that know the parts of names."""
    renamed = {"GIVEN_NAME": "private_person", "SURNAME": "private_person"}
    found = OwnModel(folder(tmp_path / "own", renamed=renamed)).read([TEXT])[0]
    people = {TEXT[s.start : s.end]: s.label for s in found if s.label.endswith("NAME")}
    assert people["Agnieszka"] == "GIVEN_NAME"
    assert people["Kowalska"] == "SURNAME"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("B-PER", "PERSON"),
        ("S-private_person", "PERSON"),
        ("I-LAST_NAME", "SURNAME"),
        ("NAME", "PERSON"),
        ("E-EMAIL", "EMAIL"),
        ("S-URL", "URL"),
        ("O", ""),
        ("B-MISC", ""),
    ],
)
def test_usual_labels_are_known(tmp_path: Path, theirs: str, ours: str) -> None:
    """Whatever the case and the mark of begin and inside; others mean nothing here."""
    assert classes(labels_only(tmp_path / "own", "PER", theirs))[1] == ours


def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path: Path) -> None:
    """Missing files, no labels, no people, a broken model: each says which and what is wanted."""
    with pytest.raises(EncoderMissing, match=r"holds no model\.onnx"):
        classes(tmp_path)
    with pytest.raises(EncoderMissing, match="no label for people"):
        classes(labels_only(tmp_path / "places", "O", "B-LOC"))
    broken = labels_only(tmp_path / "broken", "O", "B-PER")
    with pytest.raises(EncoderMissing, match="cannot be loaded"):
        OwnModel(broken)
    (broken / "config.json").write_text('{"id2label": ["O", "PER"]}')
    with pytest.raises(EncoderMissing, match="id2label"):
        classes(broken)


def test_labels_that_do_not_fit_the_model_are_refused(tmp_path: Path) -> None:
    """A config of another model would put names in wrong places."""
    place = folder(tmp_path / "own")
    (place / "config.json").write_text(json.dumps({"id2label": {"0": "O", "1": "B-PER"}}))
    with pytest.raises(EncoderMissing, match="no token classifier with the 2 labels"):
        OwnModel(place)


def test_the_detector_uses_it_and_says_when_it_cannot(tmp_path: Path) -> None:
    """It stands in the place of the packaged model; a broken one keeps everything here."""
    models = require("rampart/model_q4.onnx").parent.parent
    packaged = PrivacyPolicy.load()
    text = "My sister Agnieszka Kowalska cried when she told me that she lost her job for drinking."
    own = OwnNames(str(folder(tmp_path / "own")))
    policy = msgspec.structs.replace(packaged, names=own, budget=ScanBudget(seconds=30.0))
    assert Detector(policy, models).scan(text, full=True).private
    own = OwnNames(str(labels_only(tmp_path / "broken", "PER")))
    policy = msgspec.structs.replace(packaged, names=own)
    with pytest.raises(DetectionFailed, match=r"cannot be loaded.*`names` in rules"):
        Detector(policy, models).scan(text)


async def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    """Like any other mistake in the privacy rules, with the file and what is missing."""
    async with house(tmp_path) as home:
        rules = home.runtime.paths.config / "rules" / "privacy.yaml"
        rules.write_text(f"names: {{onnx: {tmp_path / 'nowhere'}}}\n")
        fresh = type(home.runtime)(home.runtime.paths, home.runtime.settings)
        with pytest.raises(SettingsError, match=r"holds no model\.onnx"):
            fresh.check()
        await fresh.close()


def test_the_policy_takes_a_folder_or_a_known_name(tmp_path: Path) -> None:
    """A misspelt name is an error, not a path."""
    file = tmp_path / "privacy.yaml"
    file.write_text("names: {onnx: ~/models/own}\n")
    names = PrivacyPolicy.load(tmp_path).names
    assert isinstance(names, OwnNames)
    assert names.folder == Path("~/models/own").expanduser()
    file.write_text("names: rampant\n")
    with pytest.raises(SettingsError, match="names"):
        PrivacyPolicy.load(tmp_path)
