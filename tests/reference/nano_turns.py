"""Writes turns of the nano model's own kind, from seeds it was not trained on, as JSON lines for
`tests/Gemma4.Benchmarks -- calls FILE`: {"prompt", "expected", "tools": [{"name", "description", "parameters"}]}.

    python3 nano_turns.py NANO_FOLDER COUNT > turns.jsonl

NANO_FOLDER holds make_data.py, the generator of the training data.
"""
import json
import random
import sys

sys.path.insert(0, sys.argv[1])
import make_data


def schema(parameter):
    result = {"type": parameter["type"].lower(), "description": parameter["desc"]}
    if parameter.get("enum"):
        result["enum"] = parameter["enum"]
    if parameter.get("items"):
        result["items"] = {"type": parameter["items"].lower()}
    return result


def tool(declared):
    parameters = declared["params"] or []
    return {
        "name": declared["name"],
        "description": declared["desc"],
        "parameters": {
            "type": "object",
            "properties": {p["name"]: schema(p) for p in parameters},
            "required": [p["name"] for p in parameters if p["req"]],
        },
    }


declared = []
system = make_data.Doc.system


def recording_system(self, text, tools):
    declared[:] = [getattr(t, "decl", t) for t in tools]
    return system(self, text, tools)


make_data.Doc.system = recording_system
source = random.Random(987_654_321)  # training used the seeds 1, 2, 3 and 5
written = 0
while written < int(sys.argv[2]):
    turn = make_data.doc(source, kind="tools", think=False)
    for index, tag in turn.tags:
        text = turn.p[index][0]
        if "<|tool_call>" in text:
            prompt = "".join(part for part, _ in turn.p[:index])
            print(json.dumps({"prompt": prompt, "expected": text, "tools": [tool(t) for t in declared]}))
            written += 1
            break
