"""Reads from a vLLM wheel what the engine relies on, without running any of it.

    python tests/engines/vllm/signatures.py vllm-0.33.0-...whl > tests/engines/vllm/vllm_0_33_0.json

`pip download vllm==0.33.0 --no-deps --only-binary=:all: --platform manylinux_2_28_x86_64` fetches one.
"""

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile


class Sources:
    """The Python files of a wheel."""

    def __init__(self, wheel: Path) -> None:
        self.wheel, self._zip = wheel, ZipFile(wheel)

    def text(self, name: str) -> str:
        return self._zip.read(name).decode()

    def metadata(self) -> str:
        return self.text(next(name for name in self._zip.namelist() if name.endswith(".dist-info/METADATA")))

    def node(self, module: str, name: str) -> ast.ClassDef:
        """A class, in a module or anywhere in a package."""
        file = re.compile(module.replace(".", "/") + r"(/\w+)*\.py")
        for source in map(self.text, filter(file.fullmatch, self._zip.namelist())):
            if not re.search(rf"^class {name}\b", source, re.MULTILINE):
                continue
            nodes = ast.parse(source).body
            return next(one for one in nodes if isinstance(one, ast.ClassDef) and one.name == name)
        raise LookupError(f"{self.wheel.name}: no class {name} in {module}")


def parameters(node: ast.ClassDef, method: str) -> dict[str, Any]:
    """The parameters of a method: those before the star, and those after it."""
    function = next(one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == method)
    return {
        "positional": [one.arg for one in function.args.args if one.arg != "self"],
        "keyword": [one.arg for one in function.args.kwonlyargs],
        "any_keyword": function.args.kwarg is not None,
    }


def methods(node: ast.ClassDef) -> list[str]:
    return [one.name for one in node.body if isinstance(one, ast.FunctionDef) and one.name[0] != "_"]


def fields(node: ast.ClassDef, *bases: ast.ClassDef) -> list[str]:
    """The annotated names of a class, those of its bases after them."""
    names = [
        line.target.id
        for one in (node, *bases)
        for line in one.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    ]
    return [name for name in dict.fromkeys(names) if not name.startswith("_")]


def value(node: ast.ClassDef, name: str) -> Any:
    """What a class assigns to a name."""
    for line in node.body:
        targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return ast.literal_eval(line.value)  # type: ignore[attr-defined]
    raise LookupError(f"{node.name} has no {name}")


def _mapper(node: ast.ClassDef) -> ast.AST:
    """What a model's class says of its weights' names in checkpoints."""
    found = (one for one in node.body if isinstance(one, ast.Assign))
    return next(one.value for one in found if ast.unparse(one.targets[0]) == "hf_to_vllm_mapper")


def read(wheel: Path) -> dict[str, Any]:
    """All that the engine relies on."""
    of, metadata = Sources(wheel), Sources(wheel).metadata()
    llm = of.node("vllm.entrypoints.llm", "LLM")
    engine = of.node("vllm.v1.engine.llm_engine", "LLMEngine")
    offline = of.node("vllm.entrypoints", "OfflineInferenceMixin")
    prompt = of.node("vllm.inputs.llm", "_PromptOptions")
    asr = of.node("vllm.model_executor.models.qwen3_asr", "Qwen3ASRForConditionalGeneration")
    attention = of.node("vllm.model_executor.models.qwen3_omni_moe_thinker", "Qwen3OmniMoeAudioAttention")
    renderer = of.node("vllm.renderers.base", "BaseRenderer")
    processor = of.node("vllm.multimodal.processing.processor", "EncDecMultiModalProcessor")
    ranks = re.search(r"MaxLoRARanks = Literal\[([\d, ]+)\]", of.text("vllm/config/lora.py"))
    assert ranks is not None
    return {
        "version": re.findall(r"^Version: (.+)$", metadata, re.MULTILINE)[0],
        "wheel": wheel.name,
        "requires": re.findall(r"^Requires-Dist: ((?:transformers|torch)[<>=!].*)$", metadata, re.MULTILINE),
        "LLM": parameters(llm, "__init__"),
        "LLM.generate": parameters(llm, "generate"),
        "LLM.get_tokenizer": parameters(llm, "get_tokenizer"),
        "LLM attributes": fields(offline),
        "LLM methods": methods(llm),
        "engine methods": methods(engine),
        "EngineArgs": fields(of.node("vllm.engine.arg_utils", "EngineArgs")),
        "SamplingParams": fields(of.node("vllm.sampling_params", "SamplingParams")),
        "LoRARequest": fields(of.node("vllm.lora.request", "LoRARequest")),
        "CompletionOutput": fields(of.node("vllm.outputs", "CompletionOutput")),
        "RequestOutput": parameters(of.node("vllm.outputs", "RequestOutput"), "__init__")["positional"],
        "TextPrompt": fields(of.node("vllm.inputs.llm", "TextPrompt"), prompt),
        "TokensPrompt": fields(of.node("vllm.inputs.llm", "TokensPrompt"), prompt),
        "ExplicitEncoderDecoderPrompt": fields(of.node("vllm.inputs.llm", "ExplicitEncoderDecoderPrompt")),
        "max_lora_rank": [int(rank) for rank in ranks[1].split(",")],
        "renderer methods": [one.name for one in renderer.body if isinstance(one, ast.FunctionDef)],
        "skip_decoder_start_token": value(processor, "skip_decoder_start_token"),
        "Qwen3-ASR": {
            "supports_tower_connector_lora": value(asr, "supports_tower_connector_lora"),
            "packed": value(asr, "packed_modules_mapping"),
            "prefixes of its weights": re.findall(r"'([\w.]+\.)':", ast.unparse(_mapper(asr))),
            "linear layers of the encoder's attention": re.findall(
                r"self\.(\w+) = \w*Linear\(", ast.unparse(attention)
            ),
        },
    }


if __name__ == "__main__":
    lines = [f" {json.dumps(name)}: {json.dumps(found)}" for name, found in read(Path(sys.argv[1])).items()]
    print("{", ",\n".join(lines), "}", sep="\n")
