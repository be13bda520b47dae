"""Scrub: copies go, canaries come before or after, personal data goes, everything else stays."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from documents import rows_of, write_dataset, write_outputs
from numpy.typing import NDArray

from pipelines.clusters import DUPLICATES, EXACT, SURVIVOR
from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.machine import Machine
from pipelines.core.manifest import Manifest
from pipelines.core.schemas import CUTS
from pipelines.core.verbs import Job, run_map_by_source
from pipelines.decontaminate import CONTAMINATED
from pipelines.options import NamesOptions
from pipelines.passages import BOILERPLATE
from pipelines.privacy.canaries import generate
from pipelines.privacy.options import Action, ScrubOptions
from pipelines.privacy.replacing import Replacement
from pipelines.privacy.window import UnfinishedError, Window
from pipelines.public_names import count_names, public_by_shard
from pipelines.scrub import UNFINISHED, Plant, Scrub, check_finished, scrub_tasks

TEXTS = {
    "a": [["첫 글이다.\n연락은 010-2345-6789로 한다.", "둘째 글이다."], ["셋째 글이다. 메일은 kim@example.com이다."]],
    "b": [["넷째 글이다.", "둘째 글이다.", *(f"{n}번째 다른 글이다." for n in range(40))]],
}


def make(folder: Path, cutting: bool = False) -> tuple[dict[str, Dataset], dict[str, Dataset], Dataset]:
    clean = {
        key: write_dataset(
            folder / "clean" / key,
            [
                [{"id": f"{key}:{s}:{n}", "text": text} for n, text in enumerate(shard)]
                for s, shard in enumerate(shards)
            ],
        )
        for key, shards in TEXTS.items()
    }
    cluster = {"survivor": "a:0:1", "cluster_size": 2}
    found = {
        "a": [{"shard": 0, "row": 1, "id": "a:0:1", "kind": SURVIVOR, **cluster}],
        "b": [{"shard": 0, "row": 1, "id": "b:0:1", "kind": EXACT, **cluster}],
    }
    cut = {"row": 0, "start": 0, "stop": len(TEXTS["a"][0][0].split("\n")[0].encode()), "id": "", "reason": BOILERPLATE}
    whole = {**cut, "stop": len(TEXTS["a"][1][0].encode())}
    lines: dict[str, list[list[dict[str, Any]]]] = {"a": [[], []], "b": [[]]}
    items: list[list[dict[str, Any]]] = [[], [], []]
    if cutting:
        lines["a"] = [[cut], [{**whole, "stop": 10}]]
        items = [[{**cut, "reason": CONTAMINATED}], [{**whole, "reason": CONTAMINATED}], []]
    copies = {
        key: write_outputs(folder / "dedup" / key, {"duplicates": (DUPLICATES, [rows]), "cuts": (CUTS, lines[key])})
        for key, rows in found.items()
    }
    return clean, copies, write_outputs(folder / "decontaminate", {"cuts": (CUTS, items)})


def scrub(
    folder: Path,
    plant: Plant,
    repeats: tuple[int, ...] = (1, 3),
    cutting: bool = False,
    public: Mapping[int, NDArray[np.uint64]] | None = None,
    replacement: Mapping[str, Action] = MappingProxyType({"default": "placeholder"}),
) -> tuple[list[str], list[Manifest]]:
    clean, copies, contaminated = make(folder, cutting)
    planted = generate(1, repeats, 2, 0)[0] if plant != "none" else ()
    planted = tuple(canary for canary in planted if canary.language == "ko")
    tasks = scrub_tasks(clean, copies, contaminated, public or {}, planted)
    job = Job("scrub", folder / "work", Machine(mode="in_memory"))
    out = folder / "scrub"
    key = Replacement.by(replacement).fingerprint
    function = Scrub(ScrubOptions(kinds=None, replacement=dict(replacement)), plant, key)
    manifests = run_map_by_source(function, tasks, out, job)
    texts = [row["text"] for key in clean for row in rows_of(Dataset.open(out / key))]
    return texts, list(manifests.values())


def test_copies_and_personal_data_go_and_the_rest_stays(tmp_path: Path) -> None:
    texts, manifests = scrub(tmp_path, "none")
    assert texts[:4] == [
        "첫 글이다.\n연락은 [PHONE]로 한다.",
        "둘째 글이다.",
        "셋째 글이다. 메일은 [EMAIL]이다.",
        "넷째 글이다.",
    ]
    assert texts.count("둘째 글이다.") == 1 and len(texts) == 44
    assert manifests[0].counts["replaced/phone"] == 1 and manifests[0].counts["documents_changed"] == 2
    assert manifests[1].counts["duplicates"] == 1


def test_a_value_can_be_removed_and_a_document_dropped(tmp_path: Path) -> None:
    texts, manifests = scrub(tmp_path, "none", replacement={"default": "removal", "email": "drop"})
    assert texts[:3] == ["첫 글이다.\n연락은 로 한다.", "둘째 글이다.", "넷째 글이다."]
    assert manifests[0].counts["dropped/email"] == 1 and manifests[0].counts["documents"] == 2


def test_surrogates_depend_on_the_key_alone_and_no_key_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    keys = [f"{number:02x}0123456789abcdef" * 4 for number in (1, 1, 2)]
    for turn, secret in enumerate(keys):
        monkeypatch.setenv("MALMOI_SCRUB_KEY", secret)
        texts, _ = scrub(tmp_path, "none", replacement={"default": "placeholder", "phone": "surrogate"})
        found.append(texts[0])
        assert "010-0" in texts[0] and "2345-6789" not in texts[0], turn
    assert found[0] == found[1] != found[2]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(secret.encode() in kept or bytes.fromhex(secret) in kept for secret in keys)


def test_surrogates_without_a_key_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALMOI_SCRUB_KEY", raising=False)
    with pytest.raises(MalmoiError, match="MALMOI_SCRUB_KEY_FILE=FILE"):
        scrub(tmp_path, "none", replacement={"default": "surrogate"})


def test_a_document_that_a_detector_cannot_finish_goes_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Window.look

    def no_end(window: Window, *rest: Any) -> bool:
        if "kim@" in window.reader.folded:
            raise UnfinishedError
        return look(window, *rest)

    monkeypatch.setattr(Window, "look", no_end)
    texts, manifests = scrub(tmp_path, "none")
    assert texts[:3] == ["첫 글이다.\n연락은 [PHONE]로 한다.", "둘째 글이다.", "넷째 글이다."]
    reason = f"{UNFINISHED}UnfinishedError"
    assert [manifest.counts.get(reason, 0) for manifest in manifests] == [1, 0]
    assert manifests[0].counts["emptied"] == 0 and manifests[0].counts["documents"] == 2
    by_source = dict(zip("ab", manifests, strict=True))
    check_finished(by_source | {"empty": Manifest({"documents": ()}, {}, "", {})}, 0.34)
    with pytest.raises(MalmoiError, match=r"a: .* could not finish 1 of 3 documents \(UnfinishedError: 1\)"):
        check_finished(by_source, 0.33)


def test_what_is_to_go_is_cut_once_and_a_document_that_is_left_empty_goes(tmp_path: Path) -> None:
    texts, manifests = scrub(tmp_path, "none", cutting=True)
    assert texts[:3] == ["연락은 [PHONE]로 한다.", "둘째 글이다.", "넷째 글이다."]
    counts = manifests[0].counts
    assert (counts[f"cut/{BOILERPLATE}"], counts[f"cut/{CONTAMINATED}"], counts["emptied"]) == (1, 1, 1)
    assert (counts["documents"], counts["documents_changed"]) == (2, 1)
    assert counts["characters_cut"] == len(TEXTS["a"][0][0].split("\n")[0]) + 1 + len(TEXTS["a"][1][0])


@pytest.mark.parametrize(("plant", "left"), [("before_scrub", 0), ("after_scrub", 4)])
def test_every_copy_of_a_canary_is_planted_once_over_all_sources(tmp_path: Path, plant: Plant, left: int) -> None:
    texts, manifests = scrub(tmp_path, plant)
    canaries = [canary for canary in generate(1, (1, 3), 2, 0)[0] if canary.language == "ko"]
    assert sum(canary.repeats for canary in canaries) == 4
    total = {key: sum(m.counts.get(key, 0) for m in manifests) for key in ("canaries_planted", "canaries_surviving")}
    assert total == {"canaries_planted": 4, "canaries_surviving": left}
    for canary in canaries:
        for part in (canary.name, canary.number):
            assert sum(part in text for text in texts) == (canary.repeats if left else 0)


def test_a_document_more_moves_few_canaries(tmp_path: Path) -> None:
    first, _ = scrub(tmp_path / "one", "after_scrub")
    TEXTS["b"][0].append("하나 더 있는 글이다.")
    try:
        second, _ = scrub(tmp_path / "two", "after_scrub")
    finally:
        TEXTS["b"][0].pop()
    assert len(set(first) ^ set(second)) <= 5


def test_names_that_were_found_before_leave_what_would_be_left_without(tmp_path: Path) -> None:
    lines = [
        "어제 김철수 씨가 전화했다.",
        "구독과 좋아요를 눌러 주세요.",
        "박영희 교수가 010-2345-6789로 답했다.",
        "Dear Mr. John Smith,",
        "이민호 기자와 최수진 씨가 만났다. 😀",
    ]
    random = Random(1)
    texts = [random.choices(lines, k=random.randrange(1, 7)) for _ in range(60)]
    cuts = []
    for row, own in enumerate(texts):
        start = 0
        for line in own:
            stop = start + len(line.encode())
            if random.random() < 0.3:
                cuts.append({"row": row, "start": start, "stop": stop, "id": "", "reason": BOILERPLATE})
            start = stop + 1
    rows = [{"id": f"a:0:{row}", "lang": "ko", "text": "\n".join(own)} for row, own in enumerate(texts)]
    clean = {"a": write_dataset(tmp_path / "clean" / "a", [rows])}
    gone = {"shard": 0, "row": 7, "id": "a:0:7", "kind": EXACT, "survivor": "elsewhere", "cluster_size": 2}
    copies = {
        "a": write_outputs(tmp_path / "dedup" / "a", {"duplicates": (DUPLICATES, [[gone]]), "cuts": (CUTS, [cuts])})
    }
    contaminated = write_outputs(tmp_path / "decontaminate", {"cuts": (CUTS, [[]])})
    job = Job("names", tmp_path / "work", Machine(mode="in_memory"))
    public = public_by_shard(count_names(clean, copies, NamesOptions(documents=30, sources=1), tmp_path / "names", job))
    assert len(public[0]) > 0
    found = {"a": Dataset.open(tmp_path / "names" / "found" / "a")}
    planted = tuple(canary for canary in generate(1, (1, 3), 2, 0)[0] if canary.language == "ko")
    function = Scrub(ScrubOptions(kinds=None, replacement={"default": "placeholder"}), "before_scrub")
    left = []
    for name, known in (("found", found), ("unknown", {})):
        tasks = scrub_tasks(clean, copies, contaminated, public, planted, known)
        assert len(tasks["a"][0].inputs) == 3 + len(known)
        manifest = run_map_by_source(function, tasks, tmp_path / name, job)["a"]
        left.append(([*rows_of(Dataset.open(tmp_path / name / "a"))], manifest.counts))
    assert left[0] == left[1]
    assert "[PERSON_NAME]" in str(left) and "박영희" in str(left)
