#pragma once
// The parsers behind ParseForeignLine, one a file. Internal.

#include "exchange/flat_json.h"
#include "exchange/foreign_line.h"

namespace inferometer::exchange {

// Each fills `line` from what `json` says; what does not fit is noted in `json`.

// A line of `llama-bench -o jsonl`: one test, each of its repetitions a record.
void TakeLlamaBench(FlatJson& json, const ForeignDefaults& defaults, ForeignLine& line);
// A line of AIPerf's profile_export.jsonl: one request, as its client saw it.
void TakeAiperf(FlatJson& json, const ForeignDefaults& defaults, ForeignLine& line);
// A response of llama-server's, or the last chunk of one, with its object "timings".
void TakeLlamaServer(FlatJson& json, const ForeignDefaults& defaults, ForeignLine& line);
// A response of Ollama's, or the last chunk of one.
void TakeOllama(FlatJson& json, const ForeignDefaults& defaults, ForeignLine& line);

// The model as records call it: a GGUF file's name without folder and ending, every other name as it is. Without one,
// the default.
void TakeModel(const std::optional<std::string>& name, const ForeignDefaults& defaults, ForeignLine& line,
               InferenceRecord& record);
// (tokens - 1) / time, and tokens / time; nothing where that is no rate.
[[nodiscard]] std::optional<double> GenerationRate(std::optional<std::int64_t> tokens, std::optional<double> decode_ms);
[[nodiscard]] std::optional<double> RatePerSecond(std::optional<std::int64_t> tokens, std::optional<double> time_ms);
// `time` less so many milliseconds.
[[nodiscard]] WallTime Before(WallTime time, double ms);
void PutText(store::Context& context, const char* key, const std::optional<std::string>& text);
void PutCount(store::Context& context, const char* key, std::optional<std::int64_t> count);

inline constexpr double kNsPerMs = 1e6;
// Among a record's flags: a test without a real prompt or answer, never to be compared with an inference.
inline constexpr const char* kSyntheticFlag = "synthetic";
// And: before the machine, or the server, was warm.
inline constexpr const char* kWarmupFlag = "warmup";

}  // namespace inferometer::exchange
