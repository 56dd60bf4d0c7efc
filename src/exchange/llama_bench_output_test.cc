#include "exchange/llama_bench_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "exchange/foreign_line.h"
#include "os/files.h"

namespace inferometer::exchange {
namespace {

using testing::HasSubstr;

const std::filesystem::path kData = std::filesystem::path(INFEROMETER_SOURCE_DIR) / "src/exchange/testdata";

LlamaBenchTest Row(std::int64_t prompt, std::int64_t generated, std::vector<std::int64_t> samples) {
  LlamaBenchTest test;
  test.build_commit = "0.5.0-dev";
  test.cpu_info = "AMD EPYC";
  test.backends = "CPU";
  test.model_filename = "models/it's \"small\".gguf";
  test.model_type = "llama 256M Q4_1";
  test.model_size = 96576768;
  test.model_n_params = 134515008;
  test.n_batch = 2048;
  test.n_ubatch = 512;
  test.n_threads = 2;
  test.n_prompt = prompt;
  test.n_gen = generated;
  test.test_time = "2026-12-01T00:15:22Z";
  test.samples_ns = std::move(samples);
  return test;
}

std::vector<LlamaBenchTest> Rows() {
  std::vector<LlamaBenchTest> rows = {Row(512, 0, {1670000000, 1671000000, 1690000000}), Row(0, 128, {760000000})};
  rows[1].n_depth = 143;
  rows[1].model_size = 5000000000;
  rows[1].model_n_params.reset();
  return rows;
}

// INFEROMETER_UPDATE_GOLDEN=1 writes the file instead.
void ExpectGolden(const std::string& name, LlamaBenchFormat format) {
  const std::string text = LlamaBenchText(Rows(), format);
  const std::filesystem::path file = kData / name;
  if (std::getenv("INFEROMETER_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << text;
  EXPECT_EQ(text, os::ReadFile(file, 1'000'000).value()) << name;
}

TEST(LlamaBenchText, GoldenMarkdown) { ExpectGolden("llama_bench.md", LlamaBenchFormat::kMarkdown); }
TEST(LlamaBenchText, GoldenCsv) { ExpectGolden("llama_bench.csv", LlamaBenchFormat::kCsv); }
TEST(LlamaBenchText, GoldenJson) { ExpectGolden("llama_bench.json", LlamaBenchFormat::kJson); }
TEST(LlamaBenchText, GoldenJsonl) { ExpectGolden("llama_bench.jsonl", LlamaBenchFormat::kJsonl); }
TEST(LlamaBenchText, GoldenSql) { ExpectGolden("llama_bench.sql", LlamaBenchFormat::kSql); }

// What llama-bench itself printed, made of the same samples: only the figures of its rates may differ in the last
// digit, since it takes the mean of whole nanoseconds.
TEST(LlamaBenchText, IsLetterForLetterWhatLlamaBenchPrints) {
  LlamaBenchTest test = Row(16, 0, {721643899, 774341835});
  test.build_commit = "be21124";
  test.build_number = 230;
  test.model_filename = "m.gguf";
  test.n_threads = 1;
  test.n_gpu_layers = -1;
  test.test_time = "2026-11-30T23:59:48Z";
  const std::string line =
      R"({"build_commit": "be21124", "build_number": 230, "cpu_info": "AMD EPYC", "gpu_info": "", "backends": "CPU", )"
      R"("model_filename": "m.gguf", "model_type": "llama 256M Q4_1", "model_size": 96576768, "model_n_params": )"
      R"(134515008, "n_batch": 2048, "n_ubatch": 512, "n_threads": 1, "cpu_mask": "0x0", "cpu_strict": false, "poll": )"
      R"(50, "type_k": "f16", "type_v": "f16", "n_gpu_layers": -1, "n_cpu_moe": 0, "split_mode": "layer", "main_gpu": )"
      R"(0, "no_kv_offload": false, "flash_attn": -1, "devices": "auto", "tensor_split": "0.00", )"
      R"("tensor_buft_overrides": "none", "load_mode": "auto", "lazy_mode": "auto", "embeddings": false, )"
      R"("no_op_offload": 0, "no_host": false, "repack": true, "fit_target": 0, "fit_min_ctx": 0, "n_prompt": 16, )"
      R"("n_gen": 0, "n_depth": 0, "test_time": "2026-11-30T23:59:48Z", "avg_ns": 747992867, "stddev_ns": 37263067, )"
      R"("avg_ts": 21.417155, "stddev_ts": 1.066947, "samples_ns": [ 721643899, 774341835 ],"samples_ts": [ 22.1716, )"
      R"(20.6627 ]})"
      "\n";
  EXPECT_EQ(LlamaBenchText({{test}}, LlamaBenchFormat::kJsonl), line);
  const std::string table =
      "| model                          |       size |     params | backend    | threads |            test |           "
      " "
      "      t/s |\n"
      "| ------------------------------ | ---------: | ---------: | ---------- | ------: | --------------: | "
      "-------------------: |\n"
      "| llama 256M Q4_1                |  92.10 MiB |   134.52 M | CPU        |       1 |            pp16 |         "
      "21.42 ± 1.07 |\n"
      "\nbuild: be21124 (230)\n";
  EXPECT_EQ(LlamaBenchText({{test}}, LlamaBenchFormat::kMarkdown), table);
}

TEST(LlamaBenchText, SqlIsTakenBySqliteWhateverTheNames) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(":memory:", &database), SQLITE_OK);
  const std::string sql = LlamaBenchText(Rows(), LlamaBenchFormat::kSql);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  std::string found;
  const auto take = [](void* into, int, char** values, char**) {
    *static_cast<std::string*>(into) += std::string(values[0]) + "|" + (values[1] ? values[1] : "null") + "\n";
    return 0;
  };
  sqlite3_exec(database,
               "SELECT model_filename, typeof(avg_ns) || typeof(avg_ts) || typeof(build_number) FROM llama_bench", take,
               &found, nullptr);
  EXPECT_EQ(found, "models/it's \"small\".gguf|integerrealnull\nmodels/it's \"small\".gguf|integerrealnull\n");
  sqlite3_close(database);
}

TEST(LlamaBenchText, NamesBreakNoTableCell) {
  LlamaBenchTest test = Row(1, 0, {1000});
  test.model_type = "a|b\nc";
  EXPECT_THAT(LlamaBenchText({{test}}, LlamaBenchFormat::kMarkdown), HasSubstr("| a b c  "));
}

TEST(LlamaBenchText, GpuLayersStandInTheTableWhereThereIsAGpu) {
  LlamaBenchTest test = Row(1, 1, {1000000});
  test.backends = "CUDA";
  test.n_gpu_layers = 99;
  const std::string table = LlamaBenchText({{test}}, LlamaBenchFormat::kMarkdown);
  EXPECT_THAT(table, HasSubstr("| backend    | ngl | threads |"));
  EXPECT_THAT(table, HasSubstr("| CUDA       |  99 |       2 |         pp1+tg1 |"));
}

TEST(LlamaBenchText, IsImportedAsWhatLlamaBenchWrote) {
  std::istringstream lines(LlamaBenchText(Rows(), LlamaBenchFormat::kJsonl));
  std::string line;
  std::size_t records = 0;
  while (std::getline(lines, line)) {
    const auto read = ParseForeignLine(ForeignFormat::kLlamaBench, line, {});
    ASSERT_TRUE(read.ok()) << read.status().message();
    records += read->records.size();
  }
  EXPECT_EQ(records, 4U);
}

}  // namespace
}  // namespace inferometer::exchange
