// Writes metrics directories for the benchmark of `inferometer analyze`, the same bytes for the same seed:
//   bench-analyze-data FOLDER older|older-unrounded|ours|full FILES RECORDS_PER_FILE [SEED]
// `older` is the indented layout of the older system, 14 keys a record, with three decimals; `older-unrounded` has
// every digit that Python prints of a computed number; `ours` has one record a line, `full` one with every field. Every
// file's summary block agrees with its records.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "full_record.h"
#include "inferometer/record.h"
#include "os/files.h"
#include "random.h"
#include "record/fields.h"
#include "record/json_write.h"

namespace inferometer {
namespace {

constexpr const char* kDeviceIds[] = {"00:0f:00:70:91:0a", "1c:bf:ce:15:ec:4d", "b8:27:eb:bf:9d:51"};
constexpr const char* kModels[] = {"SmolLM2-135M-Instruct", "TinyLlama-1.1B-Chat-v1.0"};

struct Range {
  double least = INFINITY;
  double most = -INFINITY;
  double total = 0;
  int count = 0;
  void Add(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
    total += value;
    ++count;
  }
};

struct Ranges {
  Range time, memory, cpu, energy;
};

struct FileNames {
  std::string device_id;
  std::string device_name;
  std::string model;
  WallTime begin;
};

InferenceRecord MakeRecord(const FileNames& file, WallTime time, Random& random) {
  InferenceRecord record;
  record.timestamp = time;
  record.device_id = file.device_id;
  record.model_name = file.model;
  record.generated_tokens = random.Whole(8, 64);
  record.prompt_tokens = random.Whole(60, 120);
  record.time_to_first_token_ms = random.Between(180, 420);
  record.decode_ms = static_cast<double>(*record.generated_tokens - 1) * random.Between(5.5, 8.5);
  record.inference_time_ms = *record.time_to_first_token_ms + *record.decode_ms;
  record.memory_used_mb = static_cast<double>(random.Whole(40000, 60000)) / 256.0;
  record.cpu_percent_avg = random.Between(150, 200);
  record.energy_consumed_mj = *record.inference_time_ms * random.Between(3.1, 6.4);
  record.compute_device = "cpu";
  return record;
}

// What an older record holds beside the record's own values.
struct OlderExtra {
  double samples[3];
  std::int64_t prompt_length;
  std::int64_t response_length;
};

void AppendOlderRecord(const InferenceRecord& r, const OlderExtra& extra, std::string& out) {
  std::string timestamp = base::FormatRfc3339(*r.timestamp);
  timestamp.pop_back();  // the older system writes local time without a zone
  fmt::format_to(
      std::back_inserter(out),
      "    {{\n      \"timestamp\": \"{}\",\n      \"device_id\": \"{}\",\n      \"model_name\": \"{}\",\n"
      "      \"inference_time_ms\": {},\n      \"inference_time_seconds\": {},\n      \"memory_used_mb\": {},\n"
      "      \"memory_total_mb\": {},\n      \"cpu_percent_avg\": {},\n      \"cpu_percent_samples\": [\n"
      "        {},\n        {},\n        {}\n      ],\n      \"energy_consumed_mj\": {},\n"
      "      \"energy_consumed_j\": {},\n      \"prompt_length\": {},\n      \"response_length\": {},\n"
      "      \"compute_device\": \"{}\"\n    }}",
      timestamp, *r.device_id, *r.model_name, *r.inference_time_ms, *r.inference_time_ms / 1000.0, *r.memory_used_mb,
      *r.memory_used_mb + 512.25, *r.cpu_percent_avg, extra.samples[0], extra.samples[1], extra.samples[2],
      *r.energy_consumed_mj, *r.energy_consumed_mj / 1000.0, extra.prompt_length, extra.response_length,
      *r.compute_device);
}

// CPU samples are tenths, as psutil gives them.
OlderExtra MakeExtra(InferenceRecord& record, bool rounded, Random& random) {
  OlderExtra extra{};
  for (double& sample : extra.samples) sample = std::round(random.Between(150, 200) * 10) / 10;
  record.cpu_percent_avg = (extra.samples[0] + extra.samples[1] + extra.samples[2]) / 3;
  if (rounded) record::RoundAsWritten(record);
  extra.prompt_length = random.Whole(200, 420);
  extra.response_length = random.Whole(30, 260);
  return extra;
}

void AppendRange(std::string_view name, const Range& range, bool total, std::string_view indent, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}\"{}\": {{\"min\": {}, \"max\": {}, \"avg\": {}", indent, name,
                 range.least, range.most, range.total / range.count);
  if (total) fmt::format_to(std::back_inserter(out), ", \"total\": {}", range.total);
  out += '}';
}

std::string SummaryText(const FileNames& file, const Ranges& ranges) {
  std::string out = fmt::format("  \"summary\": {{\n    \"device_id\": \"{}\",\n    \"model_name\": \"{}\",\n",
                                file.device_id, file.model);
  fmt::format_to(std::back_inserter(out), "    \"total_inferences\": {},\n", ranges.time.count);
  AppendRange("inference_time_ms", ranges.time, false, "    ", out);
  AppendRange("memory_usage_mb", ranges.memory, false, ",\n    ", out);
  AppendRange("cpu_usage_percent", ranges.cpu, false, ",\n    ", out);
  AppendRange("energy_consumption_mj", ranges.energy, true, ",\n    ", out);
  return out + "\n  }";
}

void AddToRanges(const InferenceRecord& record, Ranges& ranges) {
  ranges.time.Add(*record.inference_time_ms);
  ranges.memory.Add(*record.memory_used_mb);
  ranges.cpu.Add(*record.cpu_percent_avg);
  ranges.energy.Add(*record.energy_consumed_mj);
}

std::string OlderFile(const FileNames& file, bool rounded, int records, Random& random) {
  std::string rows;
  Ranges ranges;
  for (int i = 0; i < records; ++i) {
    InferenceRecord record =
        MakeRecord(file, file.begin + std::chrono::microseconds(i * 2'000'000LL + random.Whole(0, 999'999)), random);
    const OlderExtra extra = MakeExtra(record, rounded, random);
    AddToRanges(record, ranges);
    if (i > 0) rows += ",\n";
    AppendOlderRecord(record, extra, rows);
  }
  return "{\n" + SummaryText(file, ranges) + ",\n  \"detailed_metrics\": [\n" + rows + "\n  ]\n}\n";
}

void AddWhatOursMeasures(InferenceRecord& record, int sequence, Random& random) {
  record.record_id = fmt::format("{}/{:016x}/{}", *record.device_id, 0x1f5c0a9be3d27741U, sequence);
  record.session_id = "7d3f6c1e9a20";
  record.tokens_per_second = static_cast<double>(*record.generated_tokens - 1) / *record.decode_ms * 1000;
  record.prefill_ms = *record.time_to_first_token_ms - 0.4;
  record.finish_reason = "stop";
  record.memory_rss_mb = *record.memory_used_mb + 20;
  record.cpu_time_ms = *record.inference_time_ms * *record.cpu_percent_avg / 100;
  record.energy_source = "model";
  record.energy_scope = "board";
  record.energy_uncertainty_mj = *record.energy_consumed_mj * 0.6;
  record.temperature_c = random.Between(40, 70);
  record.throttled = false;
  record.probe_overhead_us = random.Between(20, 50);
  record.status = kStatusOk;
}

std::string OurFile(const FileNames& file, int number, int records, bool is_full, Random& random) {
  std::string rows;
  Ranges ranges;
  for (int i = 0; i < records; ++i) {
    const auto jitter = std::chrono::microseconds(is_full ? random.Whole(0, 999'999) : 0);
    InferenceRecord record = MakeRecord(file, file.begin + std::chrono::microseconds(i * 2'000'000LL) + jitter, random);
    if (is_full) {
      AddEveryField(record, number * records + i, random);
    } else {
      AddWhatOursMeasures(record, number * records + i, random);
    }
    record::RoundAsWritten(record);
    AddToRanges(record, ranges);
    if (i > 0) rows += ",\n";
    record::AppendJson(record, rows);
  }
  return "{\n" + SummaryText(file, ranges) + ",\n  \"context\": {\"schema_version\": 1},\n  \"detailed_metrics\": [\n" +
         rows + "\n  ]\n}\n";
}

std::string FileText(std::string_view layout, const FileNames& names, int number, int records, Random& random) {
  if (layout == "ours" || layout == "full") return OurFile(names, number, records, layout == "full", random);
  return OlderFile(names, layout == "older", records, random);
}

Status WriteFiles(const std::filesystem::path& folder, std::string_view layout, int files, int records,
                  std::uint64_t seed) {
  Random random(seed);
  const WallTime start{std::chrono::microseconds(1'759'833'015'000'000)};
  for (int number = 0; number < files; ++number) {
    const auto device = static_cast<std::size_t>(number) % std::size(kDeviceIds);
    const auto model = static_cast<std::size_t>(number) / std::size(kDeviceIds) % std::size(kModels);
    const FileNames names{kDeviceIds[device], fmt::format("edge-device-{:02}", device + 1), kModels[model],
                          start + std::chrono::seconds(number * 3600LL)};
    const std::string text = FileText(layout, names, number, records, random);
    RETURN_IF_ERROR(os::CreateFolders(folder / names.device_name));
    const std::string name = fmt::format("inference_metrics_{}_{}.json", names.device_id,
                                         base::FormatCompactSecond(names.begin + std::chrono::seconds(2 * records)));
    RETURN_IF_ERROR(os::WriteWholeFile(os::SystemFileCalls(), folder / names.device_name / name, text));
  }
  return Ok();
}

bool IsLayout(std::string_view name) {
  return name == "older" || name == "older-unrounded" || name == "ours" || name == "full";
}

bool ParseCount(const char* text, std::uint64_t* value) {
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), *value);
  return error == std::errc() && *end == '\0' && *value > 0 && *value <= 10'000'000;
}

int Main(int argc, char** argv) {
  const std::string_view layout = argc > 2 ? argv[2] : "";
  std::uint64_t files = 0;
  std::uint64_t records = 0;
  std::uint64_t seed = 1;
  if (argc < 5 || argc > 6 || !IsLayout(layout) || !ParseCount(argv[3], &files) || !ParseCount(argv[4], &records) ||
      (argc == 6 && !ParseCount(argv[5], &seed))) {
    std::fputs("usage: bench-analyze-data FOLDER older|older-unrounded|ours|full FILES RECORDS_PER_FILE [SEED]\n",
               stderr);
    return 2;
  }
  const Status status = WriteFiles(argv[1], layout, static_cast<int>(files), static_cast<int>(records), seed);
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench-analyze-data: %s\n", status.message().c_str());
  return 1;
}

}  // namespace
}  // namespace inferometer

int main(int argc, char** argv) { return inferometer::Main(argc, argv); }
