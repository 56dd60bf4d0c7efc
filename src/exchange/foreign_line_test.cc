#include "exchange/foreign_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/timestamp.h"
#include "os/files.h"
#include "record/json_write.h"

namespace inferometer::exchange {
namespace {

constexpr std::string_view kLlamaBenchLine =
    R"({"build_commit":"abc1234","build_number":6700,"cpu_info":"Xeon","gpu_info":"","backends":"CPU",)"
    R"("model_filename":"models/SmolLM2.Q4_1.gguf","model_type":"llama Q4_1","model_size":98310144,"model_n_params":134515008,)"
    R"("n_batch":2048,"n_ubatch":512,"n_threads":2,"type_k":"f16","type_v":"f16","n_gpu_layers":-1,"n_prompt":PROMPT,)"
    R"("n_gen":GEN,"n_depth":DEPTH,"test_time":"2026-11-30T20:00:00Z","samples_ns":[ SAMPLES ],"samples_ts":[ 310.303 ]})";
constexpr std::string_view kAiperfLine =
    R"({"metadata":{"session_num":45,"request_start_ns":1759813207532900363,"benchmark_phase":"profiling","was_cancelled":false},)"
    R"("metrics":{"input_sequence_length":{"value":550,"unit":"tokens"},"time_to_first_token":{"value":255.886568,"unit":"ms"},)"
    R"("request_latency":{"value":297525228,"unit":"ns"},"output_sequence_length":{"value":9,"unit":"tokens"},)"
    R"("inter_token_latency":{"value":5.2048325,"unit":"ms"}},"error":null})";
constexpr std::string_view kAiperfFailedLine =
    R"({"metadata":{"request_start_ns":1759879161119147826,"benchmark_phase":"warmup","was_cancelled":false},)"
    R"("metrics":{"error_isl":{"value":550,"unit":"tokens"}},"error":{"code":500,"type":"ServerError","message":"x"}})";
constexpr std::string_view kLlamaServerLine =
    R"({"choices":[{"finish_reason":"length","index":0}],"created":1757141666,"model":"/models/Smol.gguf","system_fingerprint":"b6700",)"
    R"("timings":{"cache_n":236,"prompt_n":1,"prompt_ms":30.958,"predicted_n":35,"predicted_ms":661.064}})";
constexpr std::string_view kOllamaLine =
    R"({"model":"gemma3","created_at":"2025-10-17T23:14:07.414671123Z","response":"Hello!","done":true,"done_reason":"stop",)"
    R"("total_duration":174560334,"load_duration":101397084,"prompt_eval_count":11,"prompt_eval_cached_count":8,)"
    R"("prompt_eval_duration":13074791,"eval_count":18,"eval_duration":52479709})";

std::string With(std::string_view text, const std::string& from, const std::string& to) {
  std::string changed(text);
  const std::size_t at = changed.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return changed.replace(at, from.size(), to);
}

std::string LlamaBench(const std::string& prompt, const std::string& gen, const std::string& depth,
                       const std::string& samples) {
  return With(With(With(With(kLlamaBenchLine, "PROMPT", prompt), "GEN", gen), "DEPTH", depth), "SAMPLES", samples);
}

// The records and the context as a metrics file would have them.
std::string Read(ForeignFormat format, std::string_view line, const ForeignDefaults& defaults = {}) {
  const auto parsed = ParseForeignLine(format, line, defaults);
  if (!parsed.ok()) return parsed.status().message();
  std::string text;
  for (const InferenceRecord& record : parsed->records) {
    record::AppendJson(record, text);
    text += '\n';
  }
  store::AppendJson(parsed->context, text);
  return text + '\n';
}

// src/exchange/testdata/NAME; INFEROMETER_UPDATE_GOLDEN=1 writes the file instead.
void ExpectGolden(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(INFEROMETER_SOURCE_DIR) / "src/exchange/testdata" / name;
  if (std::getenv("INFEROMETER_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << text;
  EXPECT_EQ(text, os::ReadFile(file, 1'000'000).value()) << name;
}

TEST(ForeignLine, GoldenLlamaBench) {
  ExpectGolden("import_llama_bench.jsonl",
               Read(ForeignFormat::kLlamaBench, LlamaBench("512", "0", "0", "1650000000, 1660000000")) +
                   Read(ForeignFormat::kLlamaBench, LlamaBench("0", "128", "1024", "757000000")) +
                   Read(ForeignFormat::kLlamaBench, LlamaBench("16", "8", "0", "99000000")));
}
TEST(ForeignLine, GoldenAiperf) {
  ExpectGolden("import_aiperf.jsonl",
               Read(ForeignFormat::kAiperf, kAiperfLine, {"m", {}}) + Read(ForeignFormat::kAiperf, kAiperfFailedLine));
}
TEST(ForeignLine, GoldenLlamaServer) {
  ExpectGolden("import_llama_server.jsonl",
               Read(ForeignFormat::kLlamaServer, kLlamaServerLine) +
                   Read(ForeignFormat::kLlamaServer, With(kLlamaServerLine, "\"cache_n\":236,", "")));
}
TEST(ForeignLine, GoldenOllama) { ExpectGolden("import_ollama.jsonl", Read(ForeignFormat::kOllama, kOllamaLine)); }

TEST(ForeignLine, FormatIsGuessedByItsKeys) {
  EXPECT_EQ(**GuessFormat(LlamaBench("1", "0", "0", "1")), ForeignFormat::kLlamaBench);
  EXPECT_EQ(**GuessFormat(kAiperfLine), ForeignFormat::kAiperf);
  EXPECT_EQ(**GuessFormat(kLlamaServerLine), ForeignFormat::kLlamaServer);
  EXPECT_EQ(**GuessFormat(R"({"choices":[{"delta":{"content":"x"}}],"created":1757141665})"),
            ForeignFormat::kLlamaServer);
  EXPECT_EQ(**GuessFormat(kOllamaLine), ForeignFormat::kOllama);
  EXPECT_EQ(*GuessFormat(R"({"a":1})"), std::nullopt);
  EXPECT_FALSE(GuessFormat("x").ok());
}

TEST(ForeignLine, ChunksOnTheWayTellOfNoInference) {
  for (const auto& [format, line] :
       {std::pair{ForeignFormat::kLlamaServer, R"({"choices":[{"delta":{"content":"x"}}],"created":1757141665})"},
        {ForeignFormat::kOllama, R"({"model":"gemma3","created_at":"2025-10-17T23:14:07Z","done":false})"}}) {
    const auto parsed = ParseForeignLine(format, line, {});
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_TRUE(parsed->records.empty());
  }
}

TEST(ForeignLine, WithoutATimeItIsTheOneThatIsGivenOrNone) {
  const WallTime given = base::ParseTimestamp("2026-01-02T03:04:05Z").value();
  for (const auto& [format, line, field] :
       {std::tuple{ForeignFormat::kLlamaServer, With(kLlamaServerLine, "\"created\":1757141666,", ""), "created"},
        {ForeignFormat::kOllama, With(kOllamaLine, "\"created_at\":\"2025-10-17T23:14:07.414671123Z\",", ""),
         "created_at"}}) {
    const auto parsed = ParseForeignLine(format, line, {"m", given});
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_EQ(parsed->records.at(0).timestamp, given);
    const auto refused = ParseForeignLine(format, line, {});
    EXPECT_NE(refused.status().message().find(fmt::format("field \"{}\": missing", field)), std::string::npos);
    EXPECT_NE(refused.status().message().find("--measured-at"), std::string::npos);
  }
}

TEST(ForeignLine, WithoutAModelItIsTheOneThatIsGiven) {
  const auto parsed = ParseForeignLine(ForeignFormat::kOllama, With(kOllamaLine, "gemma3", ""), {"mine", {}});
  EXPECT_EQ(parsed->records.at(0).model_name, "mine");
  EXPECT_TRUE(parsed->lacks_model);
  EXPECT_FALSE(ParseForeignLine(ForeignFormat::kOllama, kOllamaLine, {})->lacks_model);
}

void ExpectRefused(ForeignFormat format, const std::string& line, const std::string& why) {
  const auto parsed = ParseForeignLine(format, line, {});
  ASSERT_FALSE(parsed.ok()) << line;
  EXPECT_EQ(parsed.status().code(), Code::kDataLoss);
  EXPECT_NE(parsed.status().message().find(why), std::string::npos) << parsed.status().message();
}

TEST(ForeignLine, WhatCannotBeIsRefusedWithByteAndField) {
  using F = ForeignFormat;
  ExpectRefused(F::kLlamaBench, LlamaBench("512", "0", "0", ""), "field \"samples_ns\": missing or empty");
  ExpectRefused(F::kLlamaBench, LlamaBench("512", "0", "0", "1, 0"),
                "field \"samples_ns\": a repetition that took no time");
  ExpectRefused(F::kLlamaBench, LlamaBench("0", "0", "0", "1"), "field \"n_prompt\": no tokens");
  ExpectRefused(F::kLlamaBench, LlamaBench("-1", "0", "0", "1"), "field \"n_prompt\": not a whole number from 0 on");
  ExpectRefused(F::kLlamaBench, With(LlamaBench("1", "0", "0", "1"), "\"test_time\":\"2026-11-30T20:00:00Z\",", ""),
                "field \"test_time\": missing");
  ExpectRefused(F::kLlamaBench, With(LlamaBench("1", "0", "0", "1"), "2026-11-30", "yesterday"), "field \"test_time\"");
  ExpectRefused(F::kAiperf, With(kAiperfLine, "\"request_start_ns\":1759813207532900363,", ""),
                "field \"metadata.request_start_ns\": missing");
  ExpectRefused(F::kAiperf, With(kAiperfLine, "\"unit\":\"ns\"", "\"unit\":\"days\""),
                "field \"metrics.request_latency.unit\"");
  ExpectRefused(F::kAiperf, With(kAiperfLine, "\"request_latency\"", "\"latency\""),
                "field \"metrics.request_latency.value\": missing");
  ExpectRefused(F::kAiperf, With(kAiperfLine, "\"value\":255.886568", "\"value\":1000"), "more than request_latency");
  ExpectRefused(F::kLlamaServer, With(kLlamaServerLine, "\"predicted_ms\":661.064", "\"predicted_ms\":null"),
                "field \"timings.predicted_ms\": missing");
  ExpectRefused(F::kLlamaServer, With(kLlamaServerLine, "30.958", "\"30.958\""),
                "field \"timings.prompt_ms\": not a number");
  ExpectRefused(F::kLlamaServer, With(kLlamaServerLine, "1757141666", "9999999999"),
                "as a record of ours it would not be read");
  ExpectRefused(F::kLlamaServer, With(kLlamaServerLine, "1757141666", "1e73"), "field \"created\": out of range");
  ExpectRefused(F::kLlamaBench, LlamaBench("9223372036854775807", "1", "0", "1"), "field \"n_prompt\": out of range");
  ExpectRefused(F::kOllama, With(kOllamaLine, "\"load_duration\":101397084", "\"load_duration\":1e30"),
                "field \"load_duration\": out of range");
  ExpectRefused(F::kOllama, With(kOllamaLine, "101397084", "201397084"),
                "field \"load_duration\": more than total_duration");
  ExpectRefused(F::kOllama, With(kOllamaLine, "\"prompt_eval_cached_count\":8", "\"prompt_eval_cached_count\":12"),
                "more than prompt_eval_count");
  ExpectRefused(F::kOllama, With(kOllamaLine, "2025-10-17", "2025-13-17"), "field \"created_at\"");
}

TEST(ForeignLine, OneTokenHasNoRate) {
  const auto parsed =
      ParseForeignLine(ForeignFormat::kOllama, With(kOllamaLine, "\"eval_count\":18", "\"eval_count\":1"), {});
  EXPECT_EQ(parsed->records.at(0).tokens_per_second, std::nullopt);
  EXPECT_EQ(parsed->records.at(0).generated_tokens, 1);
}

}  // namespace
}  // namespace inferometer::exchange
