"""Disguised personal data that is found, and what is found where none is, beside two published scrubbers.

Values of every kind that draws its own are planted in sentences, plain and in every disguise that suits the kind
(pipelines/privacy/disguises.py). A value is removed when all its letters and digits lie within what a scrubber finds,
whatever it takes them for; it is exact when it is found from end to end as its kind. Each share has the lower end of
its 95 % Wilson interval beside it. False finds are traps of a kind that are taken for that kind, of the kinds that a
scrubber knows, and anything found in clean text. Only counts are kept, never a value of real text.

    MALMOI_PEERS=/path/to/site-packages python -m benchmarks.personal_data [path of the data folder] [--count 200]

The folder in MALMOI_PEERS has presidio-analyzer 2.2 and scrubadub 2.0. Presidio runs all its Korean recognisers and
those of cards, e-mail, telephones (KR and US), IP addresses, IBAN and US social security numbers, without a language
model, whatever the score; scrubadub runs its default detectors with the locale ko_KR. Writes
reports/benchmarks/personal_data.json.
"""

import argparse
import json
import os
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.machine import machine_name
from benchmarks.scrub_text import clean_texts, petitions, seconds
from pipelines.privacy import KINDS, find, scrub
from pipelines.privacy.disguises import DISGUISES, plant
from pipelines.privacy.recall import Span, is_removed, wilson_lower

ROOT = Path(__file__).parents[1]
OWN = "malmoi"
SEED = 20
SPEED_SAMPLE = 12  # one petition of so many
CLEAN_LANGUAGES = ("ko", "en")
PRESIDIO_KINDS = {
    "KrRrnRecognizer": "resident_number",
    "KrFrnRecognizer": "foreigner_number",
    "KrBrnRecognizer": "business_number",
    "KrDriverLicenseRecognizer": "driver_licence",
    "KrPassportRecognizer": "passport",
    "CreditCardRecognizer": "card",
    "EmailRecognizer": "email",
    "PhoneRecognizer": "phone",
    "IpRecognizer": "ip_address",
    "IbanRecognizer": "iban",
    "UsSsnRecognizer": "social_security",
}
PRESIDIO_FILES = ("synth_dataset_v2", "generated_small")
PRESIDIO_TYPES = {
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "EMAIL_ADDRESS": "email",
    "IP_ADDRESS": "ip_address",
    "IBAN_CODE": "iban",
    "US_SSN": "social_security",
    "US_DRIVER_LICENSE": "driver_licence",
    "STREET_ADDRESS": "address",
    "ADDRESS": "address",
}
SCRUBADUB_KINDS = {"phone": "phone", "email": "email", "credit_card": "card", "twitter": "social_handle"}


@dataclass(frozen=True)
class Scrubber:
    """``search`` gives start, end and kind of what is found in each text; ``kinds`` are those that it knows."""

    search: Callable[[Sequence[str], str], list[list[Span]]]
    kinds: frozenset[str]


def own_search(texts: Sequence[str], language: str) -> list[list[Span]]:
    rows: dict[int, list[Span]] = defaultdict(list)
    for row in find(pa.array(texts, pa.string()), language).to_pylist():
        rows[row["row"]].append((row["start"], row["end"], row["kind"]))
    return [rows[index] for index in range(len(texts))]


def presidio_search(recognisers: Mapping[str, Any], texts: Sequence[str], language: str) -> list[list[Span]]:
    return [
        [
            (result.start, result.end, kind)
            for kind, recogniser in recognisers.items()
            for result in recogniser.analyze(text, recogniser.supported_entities, nlp_artifacts=None)
        ]
        for text in texts
    ]


def scrubadub_search(scrubber: Any, texts: Sequence[str], language: str) -> list[list[Span]]:
    return [
        [(filth.beg, filth.end, SCRUBADUB_KINDS.get(filth.type, filth.type)) for filth in scrubber.iter_filth(text)]
        for text in texts
    ]


def scrubbers() -> dict[str, Scrubber]:
    """Our own, and the peers that are installed."""
    chosen = {OWN: Scrubber(own_search, frozenset(kind.name for kind in KINDS))}
    if "MALMOI_PEERS" in os.environ:
        sys.path.append(os.environ["MALMOI_PEERS"])
    warnings.simplefilter("ignore")
    try:
        predefined: Any = import_module("presidio_analyzer.predefined_recognizers")
        recognisers = {
            kind: getattr(predefined, name)(**({"supported_regions": ("KR", "US")} if kind == "phone" else {}))
            for name, kind in PRESIDIO_KINDS.items()
        }
        domains: Any = import_module("tldextract")
        domains.extract = domains.TLDExtract(suffix_list_urls=())  # else it looks for a newer list of domains
        chosen["presidio"] = Scrubber(partial(presidio_search, recognisers), frozenset(recognisers))
    except ImportError:
        print("presidio-analyzer is not in MALMOI_PEERS, so it is left out")
    try:
        scrubber: Any = import_module("scrubadub").Scrubber(locale="ko_KR")
        chosen["scrubadub"] = Scrubber(partial(scrubadub_search, scrubber), frozenset(SCRUBADUB_KINDS.values()))
    except ImportError:
        print("scrubadub is not in MALMOI_PEERS, so it is left out")
    return chosen


def recalls(tools: Mapping[str, Scrubber], count: int) -> dict[str, dict[str, dict[str, Any]]]:
    """By kind and disguise: values, those with a word beside them, and what each scrubber does with them."""
    cells: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    planted = list(plant(SEED, KINDS, DISGUISES, count))
    for each in planted:
        cell = cells[each.kind].setdefault(each.disguise, {"values": 0, "named": 0})
        cell["values"] += 1
        cell["named"] += each.named
    for name, tool in tools.items():
        for language in ("ko", "en"):
            chosen = [each for each in planted if each.language == language]
            found = tool.search([each.text for each in chosen], language)
            for each, spans in zip(chosen, found, strict=True):
                counts = cells[each.kind][each.disguise].setdefault(
                    name, {"removed": 0, "removed_named": 0, "exact": 0}
                )
                hit = is_removed(each, spans)
                counts["removed"] += hit
                counts["removed_named"] += hit and each.named
                counts["exact"] += (each.start, each.end, each.kind) in spans
        for of_kind in cells.values():
            for cell in of_kind.values():
                for share in ("removed", "exact"):
                    cell[name][f"{share}_lower"] = round(wilson_lower(cell[name][share], cell["values"]), 4)
    return cells


def trapped(tool: Scrubber) -> dict[str, int]:
    """Traps of the kinds that a scrubber knows, and those that it takes for the kind."""
    traps = [(kind.name, trap) for kind in KINDS if kind.name in tool.kinds for trap in kind.traps]
    found = tool.search([trap for _, trap in traps], "ko")
    taken = sum(kind in [name for *_, name in spans] for (kind, _), spans in zip(traps, found, strict=True))
    return {"traps": len(traps), "taken": taken}


def merged(spans: Iterable[Span]) -> int:
    """How many stretches ``spans`` cover, those that overlap being one."""
    stretches, reached = 0, -1
    for start, end, _ in sorted(spans):
        stretches += start >= reached
        reached = max(reached, end)
    return stretches


def clean_finds(tool: Scrubber, folder: Path) -> dict[str, dict[str, float]]:
    counts = {}
    for name, language, text in clean_texts(folder):
        if language in CLEAN_LANGUAGES:
            finds = sum(map(merged, tool.search(text.split("\n"), language)))
            counts[name] = {"finds": finds, "per_100_kB": round(finds / len(text.encode()) * 1e5, 3)}
    return counts


def span_scores(tool: Scrubber, folder: Path) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 in characters on the invented texts of presidio-research, by kind that it knows."""
    right, found, gold = Counter[str](), Counter[str](), Counter[str]()
    for name in PRESIDIO_FILES:
        records = json.loads((folder / "pii_presidio_research" / f"{name}.json").read_text(encoding="utf-8"))
        for record, spans in zip(records, tool.search([each["full_text"] for each in records], "en"), strict=True):
            for kind in tool.kinds & set(PRESIDIO_TYPES.values()):
                wanted = {
                    place
                    for span in record["spans"]
                    if PRESIDIO_TYPES.get(span["entity_type"]) == kind
                    for place in range(span["start_position"], span["end_position"])
                }
                taken = {place for start, end, of in spans if of == kind for place in range(start, end)}
                right[kind] += len(wanted & taken)
                found[kind] += len(taken)
                gold[kind] += len(wanted)
    scores = {}
    for kind in sorted(gold):
        precision, recall = right[kind] / max(1, found[kind]), right[kind] / max(1, gold[kind])
        f1 = 2 * right[kind] / max(1, found[kind] + gold[kind])
        scores[kind] = {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)}
    return scores


def speeds(tools: Mapping[str, Scrubber], folder: Path) -> dict[str, float]:
    """Megabytes of petitions per second of processor, medians, the tools in turn on the same texts."""
    texts = petitions(folder)[::SPEED_SAMPLE]
    size = sum(len(text.encode()) for text in texts) / 1e6
    array = pa.array(texts, pa.string())
    runs: dict[str, Callable[[], object]] = {name: partial(tool.search, texts, "ko") for name, tool in tools.items()}
    runs[OWN] = partial(scrub, array, "ko")
    return {name: round(size / seconds(run, repeats=5 if name == OWN else 2), 3) for name, run in runs.items()}


def print_recalls(cells: Mapping[str, Mapping[str, Mapping[str, Any]]], tools: Iterable[str]) -> None:
    peers = [name for name in tools if name != OWN]
    head = f"{'kind':18}{'disguise':17}{'values':>7}{'exact':>7}{'lower':>7}{'removed':>9}{'lower':>7}{'named':>7}"
    print(head + "".join(f"{name:>11}" for name in peers))
    for kind, of_kind in cells.items():
        for disguise, cell in of_kind.items():
            own, values, named = cell[OWN], cell["values"], cell["named"]
            with_word = f"{own['removed_named'] / named:7.3f}" if named else f"{'-':>7}"
            line = f"{kind:18}{disguise:17}{values:7}{own['exact'] / values:7.3f}{own['exact_lower']:7.3f}"
            line += f"{own['removed'] / values:9.3f}{own['removed_lower']:7.3f}{with_word}"
            print(line + "".join(f"{cell[name]['removed'] / values:11.3f}" for name in peers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--count", type=int, default=200, help="values for each kind and disguise")
    arguments = parser.parse_args()
    print(machine_name())
    tools = scrubbers()
    cells = recalls(tools, arguments.count)
    print_recalls(cells, tools)
    false_finds: dict[str, Any] = {}
    for name, tool in tools.items():
        false_finds[name] = {"traps": trapped(tool)}
        if arguments.data.is_dir():
            false_finds[name]["clean_text"] = clean_finds(tool, arguments.data)
        print(f"\n{name}: {false_finds[name]['traps']['taken']} of {false_finds[name]['traps']['traps']} traps taken")
        for text, counts in false_finds[name].get("clean_text", {}).items():
            print(f"  {text:18}{counts['finds']:8} finds{counts['per_100_kB']:10.3f} per 100 kB")
    result = {
        "machine": machine_name(),
        "values_per_cell": arguments.count,
        "seed": SEED,
        "recall": cells,
        "false_finds": false_finds,
    }
    if arguments.data.is_dir():
        result["presidio_research"] = scores = {name: span_scores(tool, arguments.data) for name, tool in tools.items()}
        for name, by_kind in scores.items():
            print(f"\n{name}, characters of presidio-research: kind, precision, recall, F1")
            for kind, score in by_kind.items():
                print(f"  {kind:18}{score['precision']:8.3f}{score['recall']:8.3f}{score['f1']:8.3f}")
        result["megabytes_per_processor_second"] = speed = speeds(tools, arguments.data)
        print(
            "\npetitions, MB per second of processor: " + ", ".join(f"{name} {value}" for name, value in speed.items())
        )
    target = ROOT / "reports" / "benchmarks" / "personal_data.json"
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
