#pragma once
// Results in the form of llama-bench, so that what reads its output reads ours.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace inferometer::exchange {

// One test of llama-bench: one row. What stands in its columns and not here is what our engine never changes from
// llama.cpp's own choice.
struct LlamaBenchTest {
  std::optional<std::string> build_commit;
  std::optional<std::int64_t> build_number;
  std::string cpu_info;
  std::string gpu_info;
  std::string backends;
  std::string model_filename;
  std::string model_type;  // "llama 256M Q4_1"
  std::optional<std::int64_t> model_size;
  std::optional<std::int64_t> model_n_params;
  std::int64_t n_batch = 0;
  std::int64_t n_ubatch = 0;
  std::int64_t n_threads = 0;
  std::int64_t n_gpu_layers = 0;
  std::int64_t n_prompt = 0;
  std::int64_t n_gen = 0;
  std::int64_t n_depth = 0;
  std::string test_time;                 // "2026-12-01T00:15:22Z"
  std::vector<std::int64_t> samples_ns;  // of each repetition; not empty, all above 0
};

enum class LlamaBenchFormat { kMarkdown, kCsv, kJson, kJsonl, kSql };

// The whole output, with columns, order, types and figures as those of the llama-bench that belongs to our engine; a
// value that is not known is null, an empty cell in CSV. In SQL quotes in texts are doubled, which llama-bench forgets.
[[nodiscard]] std::string LlamaBenchText(std::span<const LlamaBenchTest> tests, LlamaBenchFormat format);

}  // namespace inferometer::exchange
