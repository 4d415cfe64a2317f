"""Retraining: better or refused, never silently worse; bad input ends with one line and nothing half-written."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scamrisk
import scamrisk.retraining
from scamrisk.__main__ import main
from scamrisk.corpus import read_corpus
from scamrisk.examination import examine, new_phrases
from scamrisk.retraining import learning_curve
from scamrisk.updating import CAUTION, _resistance, update

HERE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module", autouse=True)
def smaller_corpus_test() -> Iterator[None]:
    """Compare on every eighth message of the corpus test: the comparison is the same, and an eighth of the time is enough."""
    whole = scamrisk.retraining._corpus_test
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scamrisk.retraining._corpus_test", lambda: whole()[::8])
        yield


@pytest.fixture(scope="module")
def result(smaller_corpus_test: None, stream: pd.DataFrame) -> scamrisk.TrainingResult:
    return scamrisk.train(stream, group="group", language="language")


@pytest.fixture
def labelled(stream: pd.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    stream.to_csv(path, index=False)
    return path


def test_the_report_compares_old_and_new(result: scamrisk.TrainingResult) -> None:
    report = result.report
    assert set(report.comparison["data"]) == {"new data, held out", "corpus test"}
    assert {"recall at 1 % false alarms", "PR-AUC", "calibration error"} <= set(report.comparison["measure"])
    assert (report.comparison["low"] <= report.comparison["high"]).all()
    assert set(report.by_language["language"]) == {"th", "vi", "id"}
    assert report.verdict.startswith(("better", "not better", "no clear difference"))
    assert report.verdict in str(result)
    assert "<table" in report._repr_html_()


def test_the_same_data_and_seed_give_the_same_predictions(stream: pd.DataFrame, result: scamrisk.TrainingResult) -> None:
    again = scamrisk.train(stream, group="group", language="language")
    texts = stream["text"].tolist()
    assert [a.risk for a in again.model.score_many(texts)] == [a.risk for a in result.model.score_many(texts)]


def test_a_trained_model_is_a_model_folder(stream: pd.DataFrame, result: scamrisk.TrainingResult, tmp_path: Path) -> None:
    result.model.save(tmp_path / "mine")
    mine = scamrisk.load(tmp_path / "mine")
    text = stream["text"].iloc[0]
    assert mine.score(text).risk == result.model.score(text).risk
    manifest = json.loads((tmp_path / "mine" / "manifest.json").read_text())
    assert manifest["base_model"] == scamrisk.load().id
    assert manifest["sources"]["new data"]["messages"] > 0
    assert {"scamrisk", "python", "numpy"} <= set(manifest["versions"])
    assert "Verdict" in (tmp_path / "mine" / "MODEL_CARD.md").read_text()


def test_the_frame_given_is_not_changed(stream: pd.DataFrame) -> None:
    before = stream.copy()
    examine(stream, group="group", language="language")
    pd.testing.assert_frame_equal(stream, before)


def test_a_new_trick_is_learned_and_the_corpus_is_kept(stream: pd.DataFrame) -> None:
    """A trick that the shipped model can't know is learned from 160 messages, and the corpus test is ranked nearly as before."""
    honest = stream[stream["label"] == 0]["text"].tolist()[:160]
    texts = [f"{t} Ask the heron desk for your zebra card" if i % 2 else t for i, t in enumerate(honest)]
    report = scamrisk.train(pd.DataFrame({"text": texts, "label": [i % 2 for i in range(len(texts))]})).report
    ranked = report.comparison[report.comparison["measure"] == "PR-AUC"].set_index("data")
    assert ranked.loc["new data, held out", "new"] > 0.9
    assert ranked.loc["new data, held out", "low"] > 0.2
    assert ranked.loc["corpus test", "difference"] > -0.03
    assert any("heron" in p or "zebra" in p for p in report.phrases["phrase"])
    assert "heron" in report.lures_toml() or "zebra" in report.lures_toml()


def test_a_learning_curve_has_a_row_a_size(stream: pd.DataFrame) -> None:
    curve = learning_curve(stream, base=scamrisk.load(), sizes=(30,))
    assert curve["messages"].iloc[0] == 30
    assert {"recall, base", "recall, update", "recall, scratch"} <= set(curve.columns)
    assert curve.filter(like="recall").to_numpy().max() <= 1


def test_a_curve_can_average_halves(stream: pd.DataFrame) -> None:
    curve = learning_curve(stream, base=None, sizes=(30,), halves=2)
    assert curve["messages"].is_monotonic_increasing
    assert curve["messages"].iloc[0] == 30
    assert not curve.isna().any(axis=None)


def test_what_rests_on_more_evidence_resists_more() -> None:
    model = scamrisk.load()
    width = len(model.patterns) + len(model.kinds) + len(model.weights.pairs)
    resistance = _resistance(model, len(model.patterns), width)
    plain = np.array([p[0] != "<" for p in model.patterns])
    idf = np.where(plain, model.weights.idf, np.nan)
    rare, common = int(np.nanargmax(idf)), int(np.nanargmin(idf))
    assert 1 <= resistance[rare] < 2 < resistance[common] < resistance[-1]


def test_a_few_messages_are_not_trusted_far(stream: pd.DataFrame) -> None:
    """With 40 messages no penalty below `CAUTION / 40` is even tried."""
    few = stream.groupby("label").head(20)
    done = update(scamrisk.load(), few["text"].tolist(), few["label"].to_numpy(int))
    assert done.strength >= CAUTION / len(few)


def test_from_nothing_and_with_own_lures(stream: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "heron_club.toml").write_text(
        'id = "heron_club"\ntaxonomy = []\ntitle = "Heron club"\nwhy = "It is a made-up lure."\nharm = "money"\nstrength = "weak"\n'
        'combines_with = []\nlook_alikes = ["bird watching"]\nsources = []\n\n[phrases.en]\nattested = []\ncomposed = ["heron club"]\n',
        encoding="utf-8",
    )
    scratch = scamrisk.train(stream, base=None, lures=tmp_path, group="group")
    assert [k.id for k in scratch.model.lures] == ["heron_club"]
    found = scratch.model.score("join the heron club, we have a place for you in the evening")
    assert [lure.kind for lure in found.lures] == ["heron_club"]
    more = scamrisk.train(stream, lures=tmp_path, group="group")
    assert len(more.model.lures) == len(scamrisk.load().lures) + 1


# data nothing can be learned from


def poisoned(stream: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, type[Exception], str]]:
    random = np.random.default_rng(1)
    few = stream.groupby("label").head(2)
    return {
        "random labels": (stream.assign(label=random.integers(0, 2, len(stream))), scamrisk.RefusedError, "by chance"),
        "one class": (stream[stream["label"] == 1], scamrisk.InvalidDataError, "too few"),
        "five rows": (few, scamrisk.InvalidDataError, "too few"),
        "all duplicates": (pd.concat([stream.groupby("label").head(1)] * 50), scamrisk.InvalidDataError, "too few"),
        "all contradictory": (pd.concat([stream.assign(label=0), stream.assign(label=1)]), scamrisk.InvalidDataError, "both labels"),
        "all empty": (stream.assign(text=" "), scamrisk.InvalidDataError, "no text"),
        "no rows": (stream.head(0), scamrisk.InvalidDataError, "no rows"),
        "one template": (
            pd.DataFrame({"text": [f"earn {i} dollars a day from your home with our company, ask for more now" for i in range(100, 160)], "label": [0, 1] * 30}),
            scamrisk.ScamRiskError,
            "near-duplicates|by chance|too few",
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["random labels", "one class", "five rows", "all duplicates", "all contradictory", "all empty", "no rows", "one template"]
)
def test_useless_data_are_refused_with_a_reason(stream: pd.DataFrame, tmp_path: Path, name: str) -> None:
    frame, error, says = poisoned(stream)[name]
    with pytest.raises(error, match=says):
        scamrisk.train(frame, output=tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_inverted_labels_are_never_called_better(stream: pd.DataFrame, tmp_path: Path) -> None:
    """Labels turned round can be learned; the guard on the corpus must stop the result."""
    with pytest.raises(scamrisk.RefusedError):
        scamrisk.train(stream.assign(label=1 - stream["label"]), group="group", output=tmp_path / "m", require_better=True, strength=0.03)
    assert list(tmp_path.iterdir()) == []


def test_what_was_found_is_said(stream: pd.DataFrame) -> None:
    bad = pd.DataFrame({"text": ["", None, stream["text"].iloc[0], "x" * 200_000], "label": [0, 1, 1 - stream["label"].iloc[0], 1]})
    examined = examine(pd.concat([stream, bad], ignore_index=True))
    text = " ".join(examined.findings)
    assert "no text" in text
    assert "both labels" in text
    assert "longer than" in text
    assert "languages:" in text
    assert len(examined.dropped) == 5


def test_a_style_shortcut_is_reported(stream: pd.DataFrame) -> None:
    loud = stream.assign(text=[t + "!!!!!!!! 💰💰💰" if y else t for t, y in zip(stream["text"], stream["label"], strict=True)])
    assert any("style" in f for f in examine(loud).findings)


def test_suspected_label_errors_come_worst_first(stream: pd.DataFrame) -> None:
    frame = stream.reset_index(drop=True).copy()
    model = scamrisk.load()
    risk = np.array([a.risk for a in model.score_many(frame["text"])])
    surest = int(np.argmax(np.where(frame["label"] == 1, risk, 0)))
    frame.loc[surest, "label"] = 0
    table = scamrisk.train(frame, group="group").report.suspects
    assert surest in table["row"].head(10).tolist()


def test_phrases_of_the_risky_class_are_offered(stream: pd.DataFrame) -> None:
    texts = [f"{t} ask the heron desk first" if y else t for t, y in zip(stream["text"], stream["label"], strict=True)]
    table = new_phrases(texts, stream["label"].to_numpy(), scamrisk.load())
    assert "heron desk" in " ".join(table["phrase"])
    assert (table["risky"] >= 4).all()


def test_suggest_takes_one_of_near_duplicates() -> None:
    texts = [
        "Earn money from home with our new offer, ask Ann",
        "Earn money from home with our new offer, ask Ann!",
        "hello, how are you today my friend",
    ]
    picked = scamrisk.suggest(None, pd.DataFrame({"text": texts}), n=3)
    assert len(picked) == 2
    assert picked["teaches"].between(0, 1).all()


def test_corpus_files_can_be_trained_on(tmp_path: Path) -> None:
    folder = HERE / "data" / "corpus"
    frame = scamrisk.retraining.read_labelled([str(folder / "th.jsonl")], "text", "label")
    assert not frame["text"].str.contains("[[", regex=False).any()
    assert len(frame) == sum(m.language == "th" for m in read_corpus())


# twenty kinds of bad input to the command


def spoil(path: Path, how: str) -> list[str]:
    """Make the input or the output bad; return the arguments of `scamrisk train`."""
    output = path.parent / "out"
    frame = pd.read_csv(path)
    arguments = [str(path), "--output", str(output)]
    if how == "missing file":
        arguments[0] = "nowhere.csv"
    elif how == "missing text column":
        arguments += ["--text", "message"]
    elif how == "missing label column":
        arguments += ["--label", "y"]
    elif how == "missing group column":
        arguments += ["--group", "campaign"]
    elif how == "wrong encoding":
        path.write_bytes("text,label\ncafé,1\n".encode("latin-1"))
    elif how == "broken quotes":
        path.write_text('text,label\n"never closed,1\nmore,0\n', encoding="utf-8")
    elif how == "too many cells":
        path.write_text("text,label\na,b,c,d\n", encoding="utf-8")
    elif how == "empty file":
        path.write_bytes(b"")
    elif how == "unknown labels":
        frame.assign(label="other_scam").to_csv(path, index=False)
    elif how == "mixed label spellings":
        frame.assign(label=["scam", "maybe"] * (len(frame) // 2) + ["scam"] * (len(frame) % 2)).to_csv(path, index=False)
    elif how == "no such risky label":
        arguments += ["--risky", "bad"]
    elif how == "labels missing":
        frame.assign(label="").to_csv(path, index=False)
    elif how == "one class":
        frame.assign(label=1).to_csv(path, index=False)
    elif how == "ten megabyte cells":
        pd.DataFrame({"text": ["x" * 10_000_000, "y" * 10_000_000], "label": [0, 1]}).to_csv(path, index=False)
    elif how == "not json":
        path.with_suffix(".jsonl").write_text("{oops\n", encoding="utf-8")
        arguments[0] = str(path.with_suffix(".jsonl"))
    elif how == "not parquet":
        path.with_suffix(".parquet").write_bytes(b"PAR1 not really")
        arguments[0] = str(path.with_suffix(".parquet"))
    elif how == "unknown format":
        path.rename(path.with_suffix(".xlsx"))
        arguments[0] = str(path.with_suffix(".xlsx"))
    elif how == "existing output":
        output.mkdir()
        (output / "manifest.json").write_text("{}", encoding="utf-8")
    elif how == "output is no model":
        output.mkdir()
        (output / "thesis.txt").write_text("years of work", encoding="utf-8")
        arguments += ["--force"]
    elif how == "output below a file":
        (path.parent / "file").write_text("", encoding="utf-8")
        arguments[2] = str(path.parent / "file" / "model")
    elif how == "no base":
        arguments += ["--base", "nowhere"]
    elif how == "damaged base":
        base = path.parent / "base"
        scamrisk.load().save(base)
        with (base / "weights.npz").open("ab") as file:
            file.write(b"x")
        arguments += ["--base", str(base)]
    elif how == "no lures":
        arguments += ["--lures", str(path.parent)]
    elif how == "unwritable report":
        (path.parent / "file").write_text("", encoding="utf-8")
        arguments += ["--report", str(path.parent / "file")]
    return arguments


@pytest.mark.parametrize(
    "how",
    [
        "missing file", "missing text column", "missing label column", "missing group column", "wrong encoding", "broken quotes",
        "too many cells", "empty file", "unknown labels", "mixed label spellings", "no such risky label", "labels missing", "one class",
        "ten megabyte cells", "not json", "not parquet", "unknown format", "existing output", "output is no model", "output below a file",
        "no base", "damaged base", "no lures", "unwritable report",
    ],
)  # fmt: skip
def test_bad_input_ends_with_one_line_and_nothing_written(labelled: Path, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = spoil(labelled, how)
    before = sorted(p.relative_to(labelled.parent) for p in labelled.parent.rglob("*"))
    code = main(["train", *arguments])
    out, err = capsys.readouterr()
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("scamrisk: ")
    assert out == ""
    assert sorted(p.relative_to(labelled.parent) for p in labelled.parent.rglob("*")) == before


def test_a_wrong_option_ends_with_2(labelled: Path) -> None:
    for arguments in (["train", str(labelled)], ["train", str(labelled), "--output", "x", "--seed", "soon"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2


def test_a_failed_guard_ends_with_1_and_keeps_the_old_model(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_csv(labelled)
    frame.assign(label=1 - frame["label"]).to_csv(labelled, index=False)
    output = labelled.parent / "out"
    scamrisk.load().save(output)
    before = (output / "manifest.json").read_bytes()
    code = main(["train", str(labelled), "--output", str(output), "--group", "group", "--force", "--require-better"])
    assert code == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert (output / "manifest.json").read_bytes() == before
    assert sorted(p.name for p in labelled.parent.iterdir()) == ["new.csv", "out"]


def test_train_then_use(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = labelled.parent / "mine"
    assert main(["train", str(labelled), "--output", str(output), "--group", "group", "--report", str(labelled.parent / "r")]) == 0
    assert "Verdict" in capsys.readouterr().out
    assert {p.name for p in (labelled.parent / "r").iterdir()} == {
        "report.md",
        "suspects.csv",
        "changed.csv",
        "phrases.csv",
        "phrases.toml",
    }
    assert main(["score", "free travel abroad", "--model", str(output), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model_id"] == "mine"
    assert main(["evaluate", str(labelled), "--model", str(output)]) == 0


def test_interrupting_leaves_nothing(labelled: Path, wait_for: Callable[[subprocess.Popen[str]], None]) -> None:
    """Ctrl-C in the middle of the work: exit code 2, one line, no output."""
    output = labelled.parent / "out"
    command = [sys.executable, "-m", "scamrisk", "train", str(labelled), "--output", str(output), "--curve"]
    work = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=HERE)
    wait_for(work)
    work.send_signal(signal.SIGINT)
    _, err = work.communicate(timeout=120)
    assert work.returncode == 2
    assert err.strip().splitlines() == ["scamrisk: interrupted, nothing was written"]
    assert sorted(p.name for p in labelled.parent.iterdir()) == ["new.csv"]


@pytest.fixture
def wait_for() -> Callable[[subprocess.Popen[str]], None]:
    """Wait until a process has loaded what it needs and is at work."""

    def wait(process: subprocess.Popen[str]) -> None:
        maps = Path(f"/proc/{process.pid}/maps")
        if not maps.exists():
            pytest.skip("needs /proc to see when the work has begun")
        end = time.monotonic() + 60
        while "_lbfgsb" not in maps.read_text() and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(1.0)

    return wait


def test_a_full_disk_leaves_nothing(
    stream: pd.DataFrame, result: scamrisk.TrainingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up while the weights are written: no folder, no part of one, and an error of our own."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(scamrisk.InvalidModelError, match="No space left"):
        result.model.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
