"""params.yaml as typed options, checked as a whole before any stage does anything.

Run as a stage it writes the JSON Schema of params.yaml, which editors use to complete and check the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Annotated, Any

import yaml

from pipelines.core.errors import MalmoiError
from pipelines.core.options import Range
from pipelines.options import (
    CleanOptions,
    DecontaminateOptions,
    DedupOptions,
    NamesOptions,
    ShardOptions,
    SplitOptions,
    TokenizerOptions,
)
from pipelines.privacy.kinds import NAMES
from pipelines.privacy.options import RecallOptions, ScrubOptions
from pipelines.sample.options import SampleOptions
from pipelines.sources.options import SourceOptions, check
from stages.audit import options as audit
from stages.audit.options import AuditOptions
from stages.evaluate import options as evaluate
from stages.evaluate.options import EvaluateOptions
from stages.gate.options import GateOptions
from stages.run import DATA, run
from stages.schema import build, json_schema
from stages.train.options import ModelOptions, TrainOptions

FILE = Path("params.yaml")


@dataclass(frozen=True, kw_only=True)
class Params:
    """Every section of params.yaml; a section has the name of the stage that reads it."""

    sample: SampleOptions
    sources: Annotated[dict[str, SourceOptions], Range(1)]
    clean: CleanOptions
    dedup: DedupOptions
    decontaminate: DecontaminateOptions
    names: NamesOptions
    scrub: ScrubOptions
    recall: RecallOptions
    split: SplitOptions
    tokenizer: TokenizerOptions
    shard: ShardOptions
    model: ModelOptions
    train: TrainOptions
    audit: AuditOptions
    evaluate: EvaluateOptions
    gate: GateOptions


def load_params(path: Path = FILE) -> Params:
    """The parameters; raises MalmoiError that lists every mistake at once."""
    try:
        content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except FileNotFoundError:
        raise MalmoiError(f"{path}: missing; run from the folder that holds it") from None
    except yaml.YAMLError as error:
        raise MalmoiError(f"{path}: not valid YAML: {error}") from None
    return parse_params(content, str(path))


def parse_params(content: Any, name: str = "params.yaml") -> Params:
    """Parameters from plain values; raises MalmoiError that lists every mistake at once."""
    errors: list[str] = []
    params = build(Params, content, "", errors)
    if params is not None:
        errors += _contradictions(params, {error.split(":")[0] for error in errors})
    if errors:
        count = f"{len(errors)} mistake" + ("s" if len(errors) > 1 else "")
        raise MalmoiError("\n  ".join([f"{name}: {count}; nothing was run", *errors]))
    checked: Params = params
    return checked


def _contradictions(params: Params, wrong: set[str]) -> list[str]:
    """Rules between parameters that are each allowed alone, where none of them is at a path that is ``wrong`` alone."""

    def sound(*paths: str) -> bool:
        return not any(_within(path, other) or _within(other, path) for path in paths for other in wrong)

    def value(path: str) -> Any:
        return reduce(getattr, path.split("."), params)

    errors = []
    for key, source in (params.sources or {}).items():
        errors += check(key, source) if sound(f"sources.{key}") else []
    errors += evaluate.contradictions(params.evaluate) if sound("evaluate") else []
    errors += audit.contradictions(params.audit) if sound("audit.probes") else []
    limit = "tokenizer.model_max_length"
    for path in ("shard.max_length", "evaluate.max_length"):
        if sound(path, limit) and value(path) > value(limit):
            errors.append(f"{path}: given {value(path)}; at most {limit}, {value(limit)}")
    for path in ("dedup.shingle", "decontaminate.ngram"):
        if sound(path) and "other" not in value(path):
            errors.append(f"{path}.other: missing; give the number of letters for languages that are not named")
    errors += _replacement(params.scrub.replacement) if sound("scrub.replacement") else []
    errors += _family(params.tokenizer) if sound("tokenizer") else []
    for language in params.clean.profiles if sound("clean.profiles") else ():
        if language not in {"ko", "en"}:
            errors.append(f"clean.profiles.{language}: no such language; ko and en are told apart from the rest")
    for path in ("train.batch_tokens", "audit.sweep.batch_tokens"):
        if sound(path, "shard.max_length") and value(path) < params.shard.max_length:
            errors.append(f"{path}: given {value(path)}; at least shard.max_length")
    return errors


def _replacement(actions: Mapping[str, str]) -> list[str]:
    """Names that are no kind, and surrogates that are asked for by name of kinds that have none."""
    errors = [] if "default" in actions else ["scrub.replacement.default: missing; what stands in for all other kinds"]
    for name in sorted(set(actions) - {"default", *NAMES}):
        errors.append(f"scrub.replacement.{name}: no such kind of personal data; there are {', '.join(NAMES)}")
    if "surrogate" in actions.values():
        from pipelines.privacy.known import KINDS  # noqa: PLC0415  (the patterns of all kinds)

        able = [kind.name for kind in KINDS if kind.surrogate is not None]
        for name, action in actions.items():
            if action == "surrogate" and name in NAMES and name not in able:
                errors.append(f"scrub.replacement.{name}: given surrogate; only {', '.join(able)} have one")
    return errors


def _family(options: TokenizerOptions) -> list[str]:
    """What the families other than WordPiece cannot do, and a given tokenizer that is not there."""
    errors = []
    if options.family != "wordpiece" and options.lowercase:
        errors.append(f"tokenizer.lowercase: given true; {options.family} keeps letters as they are; set false")
    if options.family == "bpe" and options.minimum_character_count > 1:
        count = options.minimum_character_count
        errors.append(f"tokenizer.minimum_character_count: given {count}; bpe keeps every byte; set 1")
    if options.given is not None and not Path(options.given).is_file():
        errors.append(f"tokenizer.given: no such file: {options.given}; give the path of a tokenizer.json, or null")
    return errors


def _within(path: str, other: str) -> bool:
    return f"{path}.".startswith(f"{other}.")


def main() -> None:
    """Check params.yaml, write its JSON Schema, and which sources there are.

    The stages that read all sources depend on their names and order, and not on how each of them is read.
    """
    from pipelines.core.manifest import write_json  # noqa: PLC0415  (a mistyped parameter is to be told at once)

    params = load_params()
    write_json(DATA / "params" / "sources.json", list(params.sources))
    write_json(DATA / "params" / "schema.json", {"title": str(FILE), **json_schema(Params)})


if __name__ == "__main__":
    run(main, __doc__)
