"""Made-up metrics directories for tests of the report, the same bytes every time: devices that heat up, throttle, fail and start again."""
import datetime
import json
import math
import pathlib
import random
import sys

BEGIN = datetime.datetime(2026, 11, 20, 8, 0, 0, tzinfo=datetime.timezone.utc)
DEVICES = {
    "edge-device-01": {"id": "00:0f:00:70:91:0a", "speed": 1.0, "cpu": "Cortex-A76", "cpus": 4, "memory": 8064.5, "energy": ("pmic", "board", 0.1)},
    "edge-device-02": {"id": "1c:bf:ce:15:ec:4d", "speed": 3.4, "cpu": "Intel N100", "cpus": 4, "memory": 15800.0, "energy": ("rapl", "package", 0.05)},
}
MODELS = {
    "SmolLM2-135M-Instruct.Q4_1": {"tokens_per_second": 31.0, "memory": 164.0, "quantization": "Q4_1"},
    "Qwen2.5-0.5B-Instruct.Q4_K_M": {"tokens_per_second": 12.5, "memory": 520.0, "quantization": "Q4_K_M"},
    "TinyLlama-1.1B-Chat-v1.0.Q4_0": {"tokens_per_second": 6.1, "memory": 780.0, "quantization": "Q4_0"},
}


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def record(device, model, time, stream, sequence, temperature, throttled, chance):
    """One good inference. The second device tells neither temperature nor throttling."""
    facts, kind = DEVICES[device], MODELS[model]
    slow = (0.72 if throttled else 1.0) * math.exp(chance.gauss(0, 0.025))
    speed = kind["tokens_per_second"] * facts["speed"] * slow
    tokens = chance.randint(24, 48)
    first = 5200 / speed * math.exp(abs(chance.gauss(0, 0.05)))
    decode = (tokens - 1) / speed * 1000
    wall = first + decode
    source, scope, uncertainty = facts["energy"]
    power = 7.6 if device == "edge-device-01" else 11.4
    energy = wall * power * math.exp(chance.gauss(0, 0.02))
    one = {
        "timestamp": stamp(time), "device_id": facts["id"], "model_name": model, "inference_time_ms": round(wall, 3),
        "memory_used_mb": round(kind["memory"] + chance.random(), 2), "cpu_percent_avg": round(370 + 20 * chance.random(), 2),
        "energy_consumed_mj": round(energy, 2), "compute_device": "cpu", "record_id": f"{facts['id']}/{stream}/{sequence}",
        "time_to_first_token_ms": round(first, 3), "decode_ms": round(decode, 3), "prompt_tokens": 143, "generated_tokens": tokens,
        "tokens_per_second": round((tokens - 1) / decode * 1000, 3), "energy_source": source, "energy_scope": scope,
        "energy_uncertainty_mj": round(energy * uncertainty, 2), "status": "ok",
    }
    if device == "edge-device-01":
        one.update(temperature_c=round(temperature, 1), throttled=throttled)
        if throttled:
            one.update(throttle_reasons=["thermal"], flags=["throttled"])
    return one


def failure(device, model, time, stream, sequence):
    facts = DEVICES[device]
    return {"timestamp": stamp(time), "device_id": facts["id"], "model_name": model, "record_id": f"{facts['id']}/{stream}/{sequence}",
            "status": "error", "error_type": "cancelled"}


def run(device, model, begin, count, warm, chance, number):
    """The records of one run of the program: it warms up, and throttles from 82 degrees on."""
    stream, time, temperature = f"{number:016x}", begin, warm
    records = []
    for sequence in range(count):
        throttled = device == "edge-device-01" and temperature > 82
        if chance.random() < 0.015:
            records.append(failure(device, model, time, stream, sequence))
        else:
            records.append(record(device, model, time, stream, sequence, temperature, throttled, chance))
        wall = records[-1].get("inference_time_ms", 400)
        temperature += (86.5 - temperature) * 0.018 * wall / 2500 + chance.gauss(0, 0.35) - (0.5 if throttled else 0)
        time += datetime.timedelta(milliseconds=wall + 900)
    return records, time


def write(folder, device, model, records, chance):
    facts = DEVICES[device]
    context = {"schema_version": 1, "cpu_model": facts["cpu"], "cpus_online": facts["cpus"], "memory_total_mb": facts["memory"],
               "kernel": "6.6.31", "engine": "llama.cpp", "engine_version": "0.5.0", "quantization": MODELS[model]["quantization"],
               "threads": 4, "cpu_governor": "ondemand"}
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in records)
    path = folder / device
    path.mkdir(parents=True, exist_ok=True)
    name = f"inference_metrics_{facts['id']}_{records[-1]['timestamp'][:19].replace('-', '').replace(':', '').replace('T', '_')}"
    (path / f"{name}_{chance.getrandbits(16):04x}.json").write_text(
        '{\n"context": ' + json.dumps(context) + ',\n"detailed_metrics": [\n' + lines + "\n]}\n")


def make(folder, inferences=120):
    """Two devices with three models each, in two runs of which the second is two days later."""
    folder, chance, number = pathlib.Path(folder), random.Random(7), 1
    for device in DEVICES:
        time = BEGIN
        for part in range(2):
            for model in MODELS:
                records, time = run(device, model, time, inferences // 2, 47 + 8 * part, chance, number)
                write(folder, device, model, records, chance)
                number += 1
                time += datetime.timedelta(minutes=3)
            time = BEGIN + datetime.timedelta(days=2, hours=3)
    return folder


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 120)
