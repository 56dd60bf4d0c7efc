#include "exchange/foreign_line.h"

#include <chrono>
#include <cmath>

#include "exchange/foreign_parsers.h"
#include "record/fields.h"
#include "record/json_read.h"
#include "record/json_write.h"

namespace inferometer::exchange {
namespace {

constexpr double kMsPerSecond = 1000;

// What a metrics file would take, with the place that a record needs beside what the line gave.
Status CheckBelievable(InferenceRecord record) {
  record.device_id = "imported";
  std::string json;
  record::AppendJson(record, json);
  const auto back = record::ParseRecord(json);
  if (back.ok()) return Ok();
  return {Code::kDataLoss, "as a record of ours it would not be read: " + back.status().message()};
}

void Take(ForeignFormat format, FlatJson& json, const ForeignDefaults& defaults, ForeignLine& line) {
  switch (format) {
    case ForeignFormat::kLlamaBench: return TakeLlamaBench(json, defaults, line);
    case ForeignFormat::kAiperf: return TakeAiperf(json, defaults, line);
    case ForeignFormat::kLlamaServer: return TakeLlamaServer(json, defaults, line);
    case ForeignFormat::kOllama: return TakeOllama(json, defaults, line);
  }
}

}  // namespace

std::string_view NameOf(ForeignFormat format) {
  switch (format) {
    case ForeignFormat::kLlamaBench: return "llama-bench";
    case ForeignFormat::kAiperf: return "aiperf";
    case ForeignFormat::kLlamaServer: return "llama-server";
    case ForeignFormat::kOllama: return "ollama";
  }
  return "";
}

Result<std::optional<ForeignFormat>> GuessFormat(std::string_view line) {
  ASSIGN_OR_RETURN(const FlatJson json, FlatJson::Parse(line));
  std::optional<ForeignFormat> format;
  if (json.Has("created_at") && json.Has("done")) format = ForeignFormat::kOllama;
  if (json.HasObject("timings") || json.Has("generation_settings") || json.Has("choices"))
    format = ForeignFormat::kLlamaServer;
  if (json.HasObject("metadata") && json.Has("metadata.request_start_ns")) format = ForeignFormat::kAiperf;
  if (json.Has("samples_ns") && json.Has("n_gen")) format = ForeignFormat::kLlamaBench;
  return format;
}

Result<ForeignLine> ParseForeignLine(ForeignFormat format, std::string_view line, const ForeignDefaults& defaults) {
  ASSIGN_OR_RETURN(FlatJson json, FlatJson::Parse(line));
  ForeignLine parsed;
  Take(format, json, defaults, parsed);
  if (!json.status().ok()) return json.status();
  for (InferenceRecord& record : parsed.records) {
    record::RoundAsWritten(record);
    RETURN_IF_ERROR(CheckBelievable(record));
  }
  return parsed;
}

void TakeModel(const std::optional<std::string>& name, const ForeignDefaults& defaults, ForeignLine& line,
               InferenceRecord& record) {
  constexpr std::string_view kEnding = ".gguf";
  line.lacks_model = !name || name->empty();
  std::string_view model = line.lacks_model ? defaults.model_name : *name;
  if (model.ends_with(kEnding)) {
    model.remove_suffix(kEnding.size());
    model.remove_prefix(model.find_last_of("/\\") + 1);  // npos + 1 is 0
  }
  record.model_name = model.empty() ? defaults.model_name : std::string(model);
}

std::optional<double> RatePerSecond(std::optional<std::int64_t> tokens, std::optional<double> time_ms) {
  if (!tokens || !time_ms || *tokens == 0 || *time_ms <= 0) return std::nullopt;
  return static_cast<double>(*tokens) / *time_ms * kMsPerSecond;
}

std::optional<double> GenerationRate(std::optional<std::int64_t> tokens, std::optional<double> decode_ms) {
  if (!tokens || *tokens < 2) return std::nullopt;
  return RatePerSecond(*tokens - 1, decode_ms);
}

WallTime Before(WallTime time, double ms) {
  return time - std::chrono::microseconds(static_cast<std::int64_t>(std::llround(ms * 1000)));
}

void PutText(store::Context& context, const char* key, const std::optional<std::string>& text) {
  if (text && !text->empty()) context.emplace_back(key, *text);
}

void PutCount(store::Context& context, const char* key, std::optional<std::int64_t> count) {
  if (count) context.emplace_back(key, *count);
}

}  // namespace inferometer::exchange
