#include "record/fields.h"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <iterator>

#include "record/context_fields.h"

namespace inferometer::record {
namespace {

using R = InferenceRecord;

constexpr double kCountMax = 9007199254740992.0;  // 2^53: every integer below is exact in every reader

// name, group, unit, meaning, member, decimals, lowest, highest
constexpr Field kFields[] = {
    {"timestamp", "Identity", "UTC, RFC 3339", "When the inference began.", &R::timestamp},
    {"device_id", "Identity", "", "The device that ran it.", &R::device_id},
    {"model_name", "Identity", "", "The model, as its file is called without the ending.", &R::model_name},
    {"inference_time_ms", "Time", "ms", "From begin (just before tokenising, model loaded) to the end of generation.",
     &R::inference_time_ms, 3},
    {"memory_used_mb", "Memory", "MB (2^20 bytes)",
     "What the LLM takes at its peak in this inference: peak resident memory of the window less the process's resident "
     "memory before "
     "the model was loaded (library: before the recorder was made).",
     &R::memory_used_mb, 2, -1e9, 1e9},
    {"cpu_percent_avg", "CPU", "% of one core",
     "CPU time over wall time of the window; passes 100 with several threads.", &R::cpu_percent_avg, 2, 0, 1e6},
    {"energy_consumed_mj", "Energy", "mJ", "Gross energy of the window over the scope that energy_scope names.",
     &R::energy_consumed_mj, 2},
    {"compute_device", "Identity", "", "What ran the model: cpu, cuda:0, vulkan:0, ...", &R::compute_device},
    {"record_id", "Identity", "", "device/stream/sequence: the same record has the same id wherever it is.",
     &R::record_id},
    {"session_id", "Identity", "", "One run of one program; absent where it is the stream of record_id.",
     &R::session_id},
    {"block_id", "Identity", "",
     "The block of an experiment: what is compared runs once or a few times in each, in random order.", &R::block_id},
    {"run_index", "Identity", "", "The place in the order in which an experiment ran, from 0.", &R::run_index, 0, 0,
     kCountMax},
    {"warmup", "Identity", "",
     "true: among the first inferences after a load (the first one, unless the program says otherwise). Absent: not, "
     "or "
     "not known.",
     &R::warmup},
    {"prompt_id", "Identity", "", "Which prompt of a known set, so that runs can be matched.", &R::prompt_id},
    {"clock_state", "Identity", "",
     "unsynchronised: nothing had set the device's clock at `timestamp`, which then never stands before the program's "
     "build. Absent: synchronised, or not known.",
     &R::clock_state},
    {"boot_id", "Identity", "", "32 hex digits, new at every boot; only beside clock_state.", &R::boot_id},
    {"boottime_ms", "Identity", "ms",
     "Time since that boot, suspended time included, at `timestamp`; only beside clock_state.", &R::boottime_ms, 3},
    {"received_at", "Identity", "UTC, RFC 3339", "When the hub took the record. Written by the hub.", &R::received_at},
    {"timestamp_device", "Identity", "UTC, RFC 3339",
     "What the device gave as `timestamp`, where the hub corrected that. Written by the hub.", &R::timestamp_device},
    {"timestamp_rule", "Identity", "",
     "How the hub corrected it. anchor: by boottime_ms and a moment of that boot at which the clock was "
     "synchronised. received: it was more than 365 days before received_at or 5 minutes after it, which stands in its "
     "place. Written by the hub.",
     &R::timestamp_rule},
    {"time_to_first_token_ms", "Time", "ms", "From begin to the first token in the caller's hands.",
     &R::time_to_first_token_ms, 3},
    {"prefill_ms", "Time", "ms", "From the end of tokenising (begin, where that is not marked) to the first token.",
     &R::prefill_ms, 3},
    {"decode_ms", "Time", "ms", "From the first token to the last one delivered.", &R::decode_ms, 3},
    {"time_per_output_token_ms", "Time", "ms", "decode_ms / (generated_tokens - 1); absent below 2 tokens.",
     &R::time_per_output_token_ms, 4},
    {"prompt_tokens", "Tokens", "tokens", "All tokens of the prompt, with its template.", &R::prompt_tokens, 0, 0,
     kCountMax},
    {"cached_prompt_tokens", "Tokens", "tokens", "Those of prompt_tokens that were not evaluated again.",
     &R::cached_prompt_tokens, 0, 0, kCountMax},
    {"generated_tokens", "Tokens", "tokens",
     "Tokens delivered, the first one counted, the end-of-generation token not.", &R::generated_tokens, 0, 0,
     kCountMax},
    {"tokens_per_second", "Tokens", "tokens/s", "(generated_tokens - 1) / decode time; absent below 2 tokens.",
     &R::tokens_per_second, 3},
    {"prompt_tokens_per_second", "Tokens", "tokens/s", "(prompt_tokens - cached_prompt_tokens) / prefill time.",
     &R::prompt_tokens_per_second, 3},
    {"finish_reason", "Tokens", "", "Why it ended: stop (end of turn) or length (a limit).", &R::finish_reason},
    {"memory_added_mb", "Memory", "MB (2^20 bytes)",
     "Peak resident memory of the window less resident memory at begin.", &R::memory_added_mb, 2, -1e9, 1e9},
    {"memory_rss_mb", "Memory", "MB (2^20 bytes)", "Resident memory at the end.", &R::memory_rss_mb, 2, 0, 1e9},
    {"memory_peak_mb", "Memory", "MB (2^20 bytes)", "Peak resident memory; memory_peak_source says over what.",
     &R::memory_peak_mb, 2, 0, 1e9},
    {"memory_peak_source", "Memory", "",
     "vmhwm_reset: exact, over this window (the high-water mark was reset at begin). vmhwm_lifetime: since the process "
     "began. ru_maxrss: exact, of the largest process of a measured program. sampled_sum: the largest sum over a "
     "program's "
     "processes that was sampled; pages that they share count for each. cgroup_peak: the kernel's, over a control "
     "group.",
     &R::memory_peak_source},
    {"memory_anon_mb", "Memory", "MB (2^20 bytes)",
     "Resident memory at the end that no file backs: heap, KV cache, repacked weights.", &R::memory_anon_mb, 2, 0, 1e9},
    {"memory_file_mb", "Memory", "MB (2^20 bytes)",
     "Resident pages of files at the end, mapped weights above all; may be shared, and dropped.", &R::memory_file_mb, 2,
     0, 1e9},
    {"swap_mb", "Memory", "MB (2^20 bytes)", "Memory of the process in swap at the end.", &R::swap_mb, 2, 0, 1e9},
    {"major_faults", "Memory", "",
     "Page faults that had to read from disk in the window; above 0 the weights were not all in memory.",
     &R::major_faults, 0, 0, kCountMax},
    {"cpu_time_ms", "CPU", "ms", "CPU time of all threads of the process in the window.", &R::cpu_time_ms, 3},
    {"cpu_machine_percent_avg", "CPU", "% of all CPUs", "cpu_percent_avg / number of CPUs online.",
     &R::cpu_machine_percent_avg, 2, 0, 100.5},
    {"cpu_source", "CPU", "",
     "process_clock: exact, the scheduler's clocks of all threads. process_clock_ticks: the same, behind by up to a "
     "tick for each thread that runs. "
     "rusage: exact, of processes that were waited for. cgroup: exact, of a control group.",
     &R::cpu_source},
    {"background_cpu_percent", "CPU", "% of all CPUs",
     "What others used of the CPUs in the window; absent where it is too short to tell.", &R::background_cpu_percent, 1,
     0, 100.5},
    {"steal_ms", "CPU", "ms", "Time for which a hypervisor gave our CPUs to others, over all CPUs; counted in ticks.",
     &R::steal_ms, 0, 0, 1e15},
    {"ctx_switches_involuntary", "CPU", "", "How often a thread lost its CPU while it had work, in the window.",
     &R::ctx_switches_involuntary, 0, 0, kCountMax},
    {"energy_source", "Energy", "",
     "Where the figure comes from: external, rapl, ina3221, pmic, hwmon, battery or nvml measure; rapl+nvml is a sum; "
     "model_calibrated "
     "(power measured once at operating points) and model (CPU use and a board's profile) estimate.",
     &R::energy_source},
    {"energy_scope", "Energy", "",
     "What the figure covers: psys, package, package+dram, board, module, system, gpu, package+gpu, ...",
     &R::energy_scope},
    {"energy_uncertainty_mj", "Energy", "mJ",
     "Half width of the interval that holds the true value at about 95 % (k = 2).", &R::energy_uncertainty_mj, 2},
    {"energy_unavailable_reason", "Energy", "", "Why a better source, or any, was not used.",
     &R::energy_unavailable_reason},
    {"energy_quality", "Energy", "",
     "ok: window of 20 resolutions or more, uncertainty at most 10 %. low: at most 50 %. below_resolution: worse, not "
     "to be "
     "compared. estimate: of a model.",
     &R::energy_quality},
    {"energy_resolution_ms", "Energy", "ms", "How old a reading of the source may be: its step or averaging time.",
     &R::energy_resolution_ms, 3},
    {"energy_samples", "Energy", "", "Samples of power in the window, of a source that is integrated.",
     &R::energy_samples, 0, 0, kCountMax},
    {"energy_max_gap_ms", "Energy", "ms", "Longest time between two of them.", &R::energy_max_gap_ms, 1},
    {"prefill_energy_mj", "Energy", "mJ", "From begin to the first token, where the source resolves it.",
     &R::prefill_energy_mj, 2},
    {"prefill_energy_uncertainty_mj", "Energy", "mJ", "As energy_uncertainty_mj.", &R::prefill_energy_uncertainty_mj,
     2},
    {"decode_energy_mj", "Energy", "mJ", "From the first token to the end, where the source resolves it.",
     &R::decode_energy_mj, 2},
    {"decode_energy_uncertainty_mj", "Energy", "mJ", "As energy_uncertainty_mj.", &R::decode_energy_uncertainty_mj, 2},
    {"gpu_energy_mj", "Energy", "mJ", "Of the discrete GPU (nvml), also where energy_consumed_mj does not hold it.",
     &R::gpu_energy_mj, 2},
    {"gpu_energy_uncertainty_mj", "Energy", "mJ", "As energy_uncertainty_mj.", &R::gpu_energy_uncertainty_mj, 2},
    {"average_power_mw", "Energy", "mW", "energy_consumed_mj / inference_time_ms x 1000.", &R::average_power_mw, 1},
    {"temperature_start_c", "Heat", "degrees C", "Temperature at begin.", &R::temperature_start_c, 2, -40, 150},
    {"temperature_c", "Heat", "degrees C", "Highest temperature in the window.", &R::temperature_c, 2, -40, 150},
    {"temperature_source", "Heat", "", "Which sensor, as the kernel calls it.", &R::temperature_source},
    {"throttled", "Heat", "", "Whether the machine was throttled in the window; absent where nothing tells.",
     &R::throttled},
    {"throttle_reasons", "Heat", "",
     "Why: thermal, under_voltage, frequency_capped, soft_temperature_limit, power_limit, over_current.",
     &R::throttle_reasons},
    {"throttle_events", "Heat", "", "How often, where the machine counts.", &R::throttle_events, 0, 0, kCountMax},
    {"cpu_freq_avg_mhz", "Heat", "MHz", "Mean frequency of the CPUs over the window.", &R::cpu_freq_avg_mhz, 1, 0, 1e5},
    {"cpu_freq_source", "Heat", "",
     "time_in_state: counted by the kernel. cpuinfo_avg_freq: the hardware's. scaling_cur_freq: what was asked for, "
     "sampled.",
     &R::cpu_freq_source},
    {"flags", "Quality", "",
     "What makes the record unfit to compare, if anything: concurrent, throttled, swap, major_faults, steal, "
     "background_load, "
     "clock_step, short_window; synthetic (a test without a real prompt or answer); of imported ones warmup.",
     &R::flags},
    {"probe_overhead_us", "Quality", "us",
     "Time spent measuring, at begin and end together; outside inference_time_ms.", &R::probe_overhead_us, 1},
    {"sampler_cpu_us", "Quality", "us",
     "CPU time of the thread that samples gauges, in the window; it is part of cpu_time_ms, but not where another "
     "program is measured.",
     &R::sampler_cpu_us, 1},
    {"status", "Outcome", "", "ok or error. A failed inference stays out of every average.", &R::status},
    {"error_type", "Outcome", "", "What failed: cancelled, context_full, empty_output, engine_error, ...",
     &R::error_type},
    {"command", "Outcome", "", "What `inferometer measure` ran.", &R::command},
    {"exit_code", "Outcome", "", "Its exit code; 128 and the signal's number where a signal ended it.", &R::exit_code,
     0, 0, 255},
    {"processes", "Outcome", "", "Most processes of it that were seen at one time.", &R::processes, 0, 0, kCountMax},
};

// Spellings of the older system.
constexpr Alias kAliases[] = {
    {"inference_time_seconds", "inference_time_ms", 1000.0},
    {"energy_consumed_j", "energy_consumed_mj", 1000.0},
};

constexpr std::size_t kSlots = 512;
static_assert(std::size(kFields) <= kMostFields);
static_assert(std::size(kFields) + std::size(kAliases) < kSlots / 2);

// The first or last eight bytes of what is at least as long.
std::uint64_t EightBytes(const char* from) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

// Of the length and of both ends, which tell the names of the table apart: going through byte after byte would take
// several times as long, and readers come here for every key of every record.
std::uint32_t HashName(std::string_view name) {
  std::uint64_t hash = name.size();
  if (name.size() < sizeof hash) {
    for (const char c : name) hash = hash * 31 + static_cast<unsigned char>(c);
  } else {
    hash += EightBytes(name.data()) * 0x9e3779b97f4a7c15U;
    hash ^= EightBytes(name.data() + name.size() - sizeof hash) * 0xc2b2ae3d27d4eb4fU;
  }
  return static_cast<std::uint32_t>((hash * 0x9e3779b97f4a7c15U) >> 32U);
}

// Open addressing, filled once.
class NameTable {
 public:
  NameTable() {
    for (std::size_t i = 0; i < std::size(kFields); ++i) Insert(kFields[i].name, {i, std::nullopt});
    for (const Alias& alias : kAliases) Insert(alias.name, {Find(alias.field)->field, alias.factor});
  }
  [[nodiscard]] std::optional<NameMatch> Find(std::string_view name) const {
    for (std::size_t slot = HashName(name) % kSlots; !slots_[slot].name.empty(); slot = (slot + 1) % kSlots) {
      if (slots_[slot].name == name) return slots_[slot].match;
    }
    return std::nullopt;
  }

 private:
  struct Slot {
    std::string_view name;
    NameMatch match{};
  };
  void Insert(std::string_view name, NameMatch match) {
    std::size_t slot = HashName(name) % kSlots;
    while (!slots_[slot].name.empty()) slot = (slot + 1) % kSlots;
    slots_[slot] = {name, match};
  }
  std::array<Slot, kSlots> slots_;
};

std::string_view TypeName(FieldType type) {
  switch (type) {
    case FieldType::kTime: return "time";
    case FieldType::kText: return "text";
    case FieldType::kReal: return "real";
    case FieldType::kInteger: return "integer";
    case FieldType::kBoolean: return "boolean";
    case FieldType::kTextList: return "list of text";
  }
  return "";
}

}  // namespace

std::span<const Field> Fields() { return kFields; }
std::span<const Alias> Aliases() { return kAliases; }

std::optional<NameMatch> FindName(std::string_view name) {
  static const NameTable table;
  return table.Find(name);
}

std::size_t FieldIndex(std::string_view name) {
  const auto match = FindName(name);
  assert(match.has_value());
  return match->field;
}

double Rounded(double value, int decimals) {
  static constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
  const double scale = kPowers[decimals];
  return std::round(value * scale) / scale;
}

void RoundAsWritten(InferenceRecord& record) {
  for (const Field& field : kFields) {
    const auto* member = std::get_if<RealMember>(&field.member);
    if (member == nullptr || !(record.**member).has_value()) continue;
    std::optional<double>& value = record.**member;
    if (std::isfinite(*value)) {
      value = Rounded(*value, field.decimals);
    } else {
      value.reset();
    }
  }
}

std::string FieldsAsMarkdown() {
  std::string out =
      "# The fields of a record\n\nMade from `src/record/fields.cc` by `inferometer-fields`; do not edit. What was not "
      "measured is "
      "absent, never 0.\nPresent in every record with `status: \"ok\"`: the first eight.\n\n"
      "| field | group | type | unit | meaning |\n|---|---|---|---|---|\n";
  for (const Field& field : kFields) {
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", field.name, field.group, TypeName(field.type()), field.unit,
                       field.meaning);
  }
  out += "\nReaders also take these names, of the older system:\n\n| name | read as | times |\n|---|---|---|\n";
  for (const Alias& alias : kAliases) {
    out += fmt::format("| `{}` | `{}` | {} |\n", alias.name, alias.field, alias.factor);
  }
  return out + ContextFieldsAsMarkdown();
}

}  // namespace inferometer::record
