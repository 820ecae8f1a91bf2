"""Checks that every include under lib/ follows the arrows declared in CMake, that the arrows have no cycle, and that the
models speak of the models alone."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "lib"
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.M)
# Folders that must stay free of LibTorch, so that usage errors and plans start in milliseconds.
TORCH_FREE = {"base", "config", "checkpoint", "bench", "plan", "launch", "media", "batch", "report"}
# What a reader of a model should not meet: it comes through the seams.
ELSEWHERE = re.compile(r"\b(ranks?|process groups?|communicators?|devices?|cuda|nccl|gloo)\b", re.I)


def declared_arrows() -> dict[str, set[str]]:
    """Folder -> folders it may include from, as its kinema_library() call says."""
    arrows = {}
    for listing in sorted(LIB.glob("*/CMakeLists.txt")):
        call = re.search(r"kinema_library\(\s*(\w+)(.*?)\n?\)", listing.read_text(), re.S)
        if not call:
            continue
        deps = re.search(r"\bDEPS\b(.*?)(?:\bLIBS\b|\bSOURCES\b|$)", call[2], re.S)
        arrows[call[1]] = set(deps[1].split()) if deps else set()
    return arrows


def reachable(arrows: dict[str, set[str]], start: str) -> set[str]:
    seen, todo = set(), [start]
    while todo:
        for dep in arrows.get(todo.pop(), ()):
            if dep not in seen:
                seen.add(dep)
                todo.append(dep)
    return seen


def main() -> int:
    arrows = declared_arrows()
    faults, checks = [], 0
    for folder, deps in arrows.items():
        checks += 1
        if folder in reachable(arrows, folder):
            faults.append(f"lib/{folder} depends on itself through {sorted(deps)}")
        unknown = deps - arrows.keys()
        if unknown:
            faults.append(f"lib/{folder}/CMakeLists.txt: no such library {sorted(unknown)}")
    for source in sorted(LIB.rglob("*")):
        if source.suffix not in {".h", ".cpp", ".cu", ".cuh"}:
            continue
        folder = source.relative_to(LIB).parts[0]
        allowed = reachable(arrows, folder) | {folder}
        text = source.read_text()
        checks += 1
        for include in INCLUDE.findall(text):
            if include.split("/")[0] not in allowed:
                faults.append(f"{source.relative_to(ROOT)} includes {include}, but lib/{folder} may see {sorted(allowed)}")
        if folder in TORCH_FREE and re.search(r"#include\s+<(ATen|c10|torch)/", text):
            faults.append(f"{source.relative_to(ROOT)} includes LibTorch, but lib/{folder} must stay free of it")
        if re.search(r"#include\s+<torch/torch\.h>", text):
            faults.append(f"{source.relative_to(ROOT)} includes torch/torch.h, which costs more than all of ATen")
        word = ELSEWHERE.search(text) if folder == "models" else None
        if word:
            faults.append(f"{source.relative_to(ROOT)} speaks of '{word[0]}', which models leave to the seams of lib/nn")
    for fault in faults:
        print(fault)
    print(f"{checks - min(checks, len(faults))} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
