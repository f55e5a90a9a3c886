"""Compares folders made by `gemma4 build` with Hugging Face transformers, which writes the checkpoints itself.

    python3 transformers_parity.py GEMMA4 TOKENIZER WORK [--tiny DIR] [--real NAME[:LAYERS] ...]

GEMMA4     the gemma4 program
TOKENIZER  a Gemma 4 tokenizer.json of 262,144 tokens, .gz allowed (its ids are not used, the builder asks for one)
WORK       an empty folder for checkpoints and models; each is deleted after its comparison
--tiny     the checkpoints with reference logits: transformers is compared with them too
--real     models of published size with random weights, e2b e4b 12b 31b 26b-a4b, optionally cut to LAYERS layers

Needs torch and transformers 5.15 or later. Weights are random and stored as bfloat16; both sides compute in float32.
Every line of the result gives, for each prompt, the largest absolute difference of the five best logits of the last
position, and how many greedy continuations are equal.
"""
import argparse
import base64
import gzip
import json
import math
import os
import shutil
import struct
import subprocess
import time

import torch
import transformers
from transformers import AutoModelForCausalLM

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

ROPE = {
    "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
    "full_attention": {"rope_type": "proportional", "rope_theta": 1000000.0, "partial_rotary_factor": 0.25},
}
COMMON = dict(
    vocab_size=262144, hidden_activation="gelu_pytorch_tanh", rms_norm_eps=1e-6, head_dim=256, global_head_dim=512,
    attention_bias=False, tie_word_embeddings=True, final_logit_softcapping=30.0, pad_token_id=0, eos_token_id=[1, 106],
    bos_token_id=2, rope_parameters=ROPE, max_position_embeddings=131072)
NO_PLE = dict(hidden_size_per_layer_input=0, vocab_size_per_layer_input=0, num_kv_shared_layers=0, attention_k_eq_v=True,
              sliding_window=1024, use_bidirectional_attention="vision")
PLE = dict(hidden_size_per_layer_input=256, vocab_size_per_layer_input=262144, sliding_window=512)
SIZES = {
    "e2b": (4, 35, dict(PLE, hidden_size=1536, num_attention_heads=8, num_key_value_heads=1, intermediate_size=6144,
                        use_double_wide_mlp=True, num_kv_shared_layers=20)),
    "e4b": (5, 42, dict(PLE, hidden_size=2560, num_attention_heads=8, num_key_value_heads=2, intermediate_size=10240,
                        num_kv_shared_layers=18)),
    "12b": (5, 48, dict(NO_PLE, hidden_size=3840, num_attention_heads=16, num_key_value_heads=8,
                        num_global_key_value_heads=1, intermediate_size=15360)),
    "31b": (5, 60, dict(NO_PLE, hidden_size=5376, num_attention_heads=32, num_key_value_heads=16,
                        num_global_key_value_heads=4, intermediate_size=21504)),
    "26b-a4b": (5, 30, dict(NO_PLE, hidden_size=2816, num_attention_heads=16, num_key_value_heads=8,
                            num_global_key_value_heads=2, intermediate_size=2112, enable_moe_block=True, num_experts=128,
                            top_k_experts=8, moe_intermediate_size=704)),
}


def text_config(name, layers=None):
    sliding, full_count, values = SIZES[name]
    count = layers or full_count
    values = dict(COMMON, **values)
    values["num_hidden_layers"] = count
    values["layer_types"] = ["full_attention" if (i + 1) % (sliding + 1) == 0 else "sliding_attention" for i in range(count)]
    values["layer_types"][-1] = "full_attention"
    if layers:
        values["num_kv_shared_layers"] = values["num_kv_shared_layers"] * layers // full_count
    return transformers.Gemma4TextConfig(**values)


def fill(model, seed):
    """Weights that keep activations of the order of one, and norms and scalars away from one."""
    generator = torch.Generator(device=DEVICE).manual_seed(seed)
    with torch.no_grad():
        for name, value in list(model.named_parameters()) + list(model.named_buffers()):
            if not value.is_floating_point() or "inv_freq" in name or "embed_scale" in name or "scalar_root" in name:
                continue
            if "layer_scalar" in name:
                value.fill_(0.6 + 0.4 * torch.rand((), generator=generator, device=DEVICE).item())
            elif name.endswith("norm.weight") or "layernorm" in name or name.endswith(("router.scale", "per_expert_scale")) or "norm_" in name:
                # Scores are not divided by the root of the head size, so trained models keep these two small. Without
                # that attention picks single tokens, and the last bit of a sum decides which.
                size = value.shape[-1] ** -0.25 if "q_norm" in name or "k_norm" in name else 1
                value.copy_(size * torch.exp(0.3 * torch.randn(value.shape, generator=generator, device=DEVICE)))
            elif value.dim() >= 2:
                for part in (value if value.dim() == 3 else [value]):
                    part.normal_(0, 1 / math.sqrt(part.shape[-1]), generator=generator)


def ask_transformers(model, prompt, new_tokens):
    ids = torch.tensor([prompt], device=DEVICE)
    last, greedy = None, []
    with torch.no_grad():
        for step in range(new_tokens):
            logits = model(input_ids=ids, use_cache=False).logits[0, -1].float()
            last = logits if last is None else last
            greedy.append(int(logits.argmax()))
            ids = torch.cat([ids, torch.tensor([[greedy[-1]]], device=DEVICE)], dim=1)
    return last.cpu(), greedy


def ask_gemma4(program, folder, prompts, new_tokens):
    lines = "".join(json.dumps({"ids": p, "greedy": new_tokens}) + "\n" for p in prompts)
    run = subprocess.run([program, "inspect", "logits", "--model", folder], input=lines, capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.strip())
    return [json.loads(line) for line in run.stdout.splitlines()]


def compare(label, program, model, checkpoint, folder, prompts, new_tokens, context):
    start = time.time()
    run = subprocess.run([program, "build", checkpoint, folder, "--precision", "fp32", "--context", str(context)],
                         capture_output=True, text=True)
    if run.returncode != 0:
        print(f"{label}: build failed: {run.stderr.strip()}", flush=True)
        return
    built = time.time() - start
    answers = ask_gemma4(program, folder, prompts, new_tokens)
    differences, equal = [], 0
    for prompt, answer in zip(prompts, answers):
        if "error" in answer:
            print(f"{label}: {answer['error']}", flush=True)
            return
        logits, greedy = ask_transformers(model, prompt, new_tokens)
        differences.append(max(abs(float(logits[i]) - v) for i, v in answer["top"]))
        equal += greedy == answer["continuation"]
    print(f"{label}: top-5 logits differ by {', '.join(f'{d:.1e}' for d in differences)}, greedy {equal} of {len(prompts)} equal "
          f"({new_tokens} ids), built in {built:.0f} s", flush=True)


def check_tiny(arguments):
    for name in sorted(os.listdir(arguments.tiny)):
        source = os.path.join(arguments.tiny, name)
        if not os.path.isfile(os.path.join(source, "config.json")) or not os.path.isfile(os.path.join(source, "reference.json")):
            continue
        reference = json.load(open(os.path.join(source, "reference.json")))
        if "cases" not in reference:
            reference = json.load(open(os.path.join(source, reference["same_as"])))
        try:
            model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32).to(DEVICE).eval()
            worst, equal = 0.0, 0
            for case in reference["cases"]:
                logits, greedy = ask_transformers(model, case["prompt"], len(case["greedy"]))
                data = base64.b64decode(case["logits_last"]["base64"])
                expected = torch.tensor(struct.unpack(f"<{len(data) // 4}f", data))
                worst = max(worst, float((logits - expected).abs().max()))
                equal += greedy == case["greedy"]
            print(f"tiny/{name}: transformers and the reference differ by {worst:.2e}, greedy {equal} of {len(reference['cases'])} equal", flush=True)
            saved = os.path.join(arguments.work, "saved")
            model.save_pretrained(saved)
            for file in ("tokenizer.json", "generation_config.json"):
                if not os.path.exists(os.path.join(saved, file)):
                    shutil.copy(os.path.join(source, file), saved)
            compare(f"tiny/{name} as transformers saves it", arguments.gemma4, model, saved, os.path.join(arguments.work, "model"),
                    [c["prompt"] for c in reference["cases"]], 24, 512)
        except Exception as problem:
            print(f"tiny/{name}: {type(problem).__name__}: {problem}", flush=True)
        for folder in ("saved", "model"):
            shutil.rmtree(os.path.join(arguments.work, folder), ignore_errors=True)


def check_real(arguments):
    for entry in arguments.real:
        name, _, layers = entry.partition(":")
        try:
            torch.manual_seed(0)
            config = text_config(name, int(layers) if layers else None)
            with torch.device(DEVICE):
                model = transformers.Gemma4ForCausalLM(config)
            fill(model, 1)
            model = model.to(torch.bfloat16)
            saved = os.path.join(arguments.work, "saved")
            model.save_pretrained(saved)
            # What was stored is what both sides compute with. Loaded anew, because rounding the whole model has also
            # rounded what is no weight: rotary frequencies and the embedding factor.
            model = None
            torch.cuda.empty_cache()
            model = AutoModelForCausalLM.from_pretrained(saved, dtype=torch.float32).to(DEVICE).eval()
            opener = gzip.open if arguments.tokenizer.endswith(".gz") else open
            with opener(arguments.tokenizer, "rb") as source, open(os.path.join(saved, "tokenizer.json"), "wb") as target:
                shutil.copyfileobj(source, target)
            generator = torch.Generator().manual_seed(7)
            prompts = [torch.randint(300, 250000, (n,), generator=generator).tolist() for n in (1, 40, 1100)]
            size = sum(p.numel() for p in model.parameters()) / 1e9
            compare(f"{entry} ({size:.2f} G parameters)", arguments.gemma4, model, saved, os.path.join(arguments.work, "model"), prompts, 8, 2048)
        except Exception as problem:
            print(f"{entry}: {type(problem).__name__}: {problem}", flush=True)
        model = None
        torch.cuda.empty_cache()
        for folder in ("saved", "model"):
            shutil.rmtree(os.path.join(arguments.work, folder), ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ("gemma4", "tokenizer", "work"):
        parser.add_argument(name)
    parser.add_argument("--tiny")
    parser.add_argument("--real", nargs="*", default=[])
    arguments = parser.parse_args()
    print(f"transformers {transformers.__version__}, torch {torch.__version__} on {DEVICE}", flush=True)
    if arguments.tiny:
        check_tiny(arguments)
    check_real(arguments)


if __name__ == "__main__":
    main()
