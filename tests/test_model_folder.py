"""A model folder is data: complete or absent, checked, and never able to run code."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

import scamrisk
from scamrisk.model import shipped_path

TEXT = "High-paying job abroad, flights paid, no experience, message me on Telegram"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped_path(), tmp_path / "copy"))


def resign(folder: Path, name: str) -> None:
    """Write the checksum of a changed file into the manifest."""
    import hashlib

    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_the_shipped_model_is_small_and_says_where_it_comes_from() -> None:
    assert sum(p.stat().st_size for p in shipped_path().iterdir()) < 5_000_000
    manifest = scamrisk.load().manifest
    assert {"format", "id", "sha256", "languages", "thresholds", "base_rate", "sources", "metrics", "seed", "versions"} <= set(manifest)
    assert manifest["thresholds"]["high"]["false_alarm_rate"] == 0.01
    assert manifest["thresholds"]["critical"]["false_alarm_rate"] == 0.001


def test_saved_and_loaded_it_scores_the_same(tmp_path: Path) -> None:
    model = scamrisk.load()
    path = model.save(tmp_path / "mine")
    assert scamrisk.load(path).score(TEXT).to_dict() == model.score(TEXT).to_dict()
    with pytest.raises(scamrisk.InvalidModelError, match="exists"):
        model.save(path)
    model.save(path, overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine"]


@pytest.mark.parametrize("name", ["vocabulary.txt.gz", "weights.npz", "kinds.json.gz", "MODEL_CARD.md"])
def test_a_damaged_file_is_noticed(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(scamrisk.InvalidModelError, match=name):
        scamrisk.load(folder)


@pytest.mark.parametrize("name", ["vocabulary.txt.gz", "weights.npz", "manifest.json"])
def test_a_missing_file_is_noticed(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(scamrisk.InvalidModelError):
        scamrisk.load(folder)


class Harm:
    """Would create a file if it were unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path(self.path),)  # type: ignore[return-value]


def test_pickled_code_is_never_run(folder: Path, tmp_path: Path) -> None:
    flag = tmp_path / "ran"
    arrays = dict(np.load(folder / "weights.npz"))
    arrays["idf"] = np.array([Harm(str(flag))], dtype=object)
    np.savez(folder / "weights.npz", **arrays)
    resign(folder, "weights.npz")
    with pytest.raises(scamrisk.InvalidModelError):
        scamrisk.load(folder)
    (folder / "weights.npz").write_bytes(pickle.dumps(Harm(str(flag))))
    resign(folder, "weights.npz")
    with pytest.raises(scamrisk.InvalidModelError):
        scamrisk.load(folder)
    assert not flag.exists()


def test_another_format_number_is_refused_with_a_reason(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(scamrisk.InvalidModelError, match="99"):
        scamrisk.load(folder)


def test_a_folder_of_the_first_format_still_scores(folder: Path) -> None:
    arrays = {k: v for k, v in np.load(folder / "weights.npz").items() if not k.startswith("ad_")}
    np.savez(folder / "weights.npz", **arrays)
    resign(folder, "weights.npz")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 1}))
    text = "Free travel abroad, high-paying jobs, flights and visa paid"
    assert scamrisk.load(folder).score(text).risk == scamrisk.score(text).risk


def test_arrays_that_do_not_fit_are_refused(folder: Path) -> None:
    arrays = dict(np.load(folder / "weights.npz"))
    arrays["weight"] = arrays["weight"][:-1]
    np.savez(folder / "weights.npz", **arrays)
    resign(folder, "weights.npz")
    with pytest.raises(scamrisk.InvalidModelError, match="weight"):
        scamrisk.load(folder)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(scamrisk.InvalidModelError):
            scamrisk.load(path)
