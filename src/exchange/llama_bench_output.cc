#include "exchange/llama_bench_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>

#include "record/json_write.h"

namespace inferometer::exchange {
namespace {

using Test = LlamaBenchTest;

enum class Type { kText, kBoolean, kInteger, kReal };
using Cell = std::optional<std::string>;

// One table of columns: name, type, and what a test has there.
struct Column {
  std::string_view name;
  Type type;
  std::function<Cell(const Test&)> cell;
};

std::function<Cell(const Test&)> Always(const char* text) {
  return [text](const Test&) { return Cell(text); };
}
std::function<Cell(const Test&)> Text(std::string Test::*member) {
  return [member](const Test& test) { return Cell(test.*member); };
}
std::function<Cell(const Test&)> Count(std::int64_t Test::*member) {
  return [member](const Test& test) { return Cell(std::to_string(test.*member)); };
}
std::function<Cell(const Test&)> MaybeCount(std::optional<std::int64_t> Test::*member) {
  return [member](const Test& test) { return test.*member ? Cell(std::to_string(*(test.*member))) : std::nullopt; };
}

struct Spread {
  double mean = 0;
  double deviation = 0;  // of a sample; 0 for one value, as llama-bench has it
};

Spread SpreadOf(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  Spread spread;
  for (const double value : values) spread.mean += value / n;
  if (values.size() < 2) return spread;
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(squares / (n - 1));
  return spread;
}

std::vector<double> Rates(const Test& test) {
  std::vector<double> rates;
  rates.reserve(test.samples_ns.size());
  const auto tokens = static_cast<double>(test.n_prompt + test.n_gen);
  for (const std::int64_t ns : test.samples_ns) rates.push_back(1e9 * tokens / static_cast<double>(ns));
  return rates;
}

Spread Nanoseconds(const Test& test) { return SpreadOf({test.samples_ns.begin(), test.samples_ns.end()}); }

std::string Whole(double value) { return std::to_string(static_cast<std::int64_t>(value)); }

// Without layers for them, our engine keeps GPUs out altogether.
Cell Devices(const Test& test) { return test.n_gpu_layers == 0 && test.backends != "CPU" ? "none" : "auto"; }

const std::vector<Column>& Columns() {
  static const std::vector<Column> kColumns = {
      {"build_commit", Type::kText, [](const Test& test) { return test.build_commit; }},
      {"build_number", Type::kInteger, MaybeCount(&Test::build_number)},
      {"cpu_info", Type::kText, Text(&Test::cpu_info)},
      {"gpu_info", Type::kText, Text(&Test::gpu_info)},
      {"backends", Type::kText, Text(&Test::backends)},
      {"model_filename", Type::kText, Text(&Test::model_filename)},
      {"model_type", Type::kText, Text(&Test::model_type)},
      {"model_size", Type::kInteger, MaybeCount(&Test::model_size)},
      {"model_n_params", Type::kInteger, MaybeCount(&Test::model_n_params)},
      {"n_batch", Type::kInteger, Count(&Test::n_batch)},
      {"n_ubatch", Type::kInteger, Count(&Test::n_ubatch)},
      {"n_threads", Type::kInteger, Count(&Test::n_threads)},
      {"cpu_mask", Type::kText, Always("0x0")},
      {"cpu_strict", Type::kBoolean, Always("0")},
      {"poll", Type::kInteger, Always("50")},
      {"type_k", Type::kText, Always("f16")},
      {"type_v", Type::kText, Always("f16")},
      {"n_gpu_layers", Type::kInteger, Count(&Test::n_gpu_layers)},
      {"n_cpu_moe", Type::kInteger, Always("0")},
      {"split_mode", Type::kText, Always("layer")},
      {"main_gpu", Type::kInteger, Always("0")},
      {"no_kv_offload", Type::kBoolean, Always("0")},
      {"flash_attn", Type::kInteger, Always("-1")},
      {"devices", Type::kText, [](const Test& test) { return Devices(test); }},
      {"tensor_split", Type::kText, Always("0.00")},
      {"tensor_buft_overrides", Type::kText, Always("none")},
      {"load_mode", Type::kText, Always("auto")},
      {"lazy_mode", Type::kText, Always("auto")},
      {"embeddings", Type::kBoolean, Always("0")},
      {"no_op_offload", Type::kInteger, Always("0")},
      {"no_host", Type::kBoolean, Always("0")},
      {"repack", Type::kBoolean, Always("1")},
      {"fit_target", Type::kInteger, Always("0")},
      {"fit_min_ctx", Type::kInteger, Always("0")},
      {"n_prompt", Type::kInteger, Count(&Test::n_prompt)},
      {"n_gen", Type::kInteger, Count(&Test::n_gen)},
      {"n_depth", Type::kInteger, Count(&Test::n_depth)},
      {"test_time", Type::kText, Text(&Test::test_time)},
      {"avg_ns", Type::kInteger, [](const Test& test) { return Cell(Whole(Nanoseconds(test).mean)); }},
      {"stddev_ns", Type::kInteger, [](const Test& test) { return Cell(Whole(Nanoseconds(test).deviation)); }},
      {"avg_ts", Type::kReal, [](const Test& test) { return Cell(fmt::format("{:.6f}", SpreadOf(Rates(test)).mean)); }},
      {"stddev_ts", Type::kReal,
       [](const Test& test) { return Cell(fmt::format("{:.6f}", SpreadOf(Rates(test)).deviation)); }},
  };
  return kColumns;
}

// `before` every name but the first.
std::string Names(std::string_view between) {
  std::string names;
  for (const Column& column : Columns()) names.append(names.empty() ? "" : between).append(column.name);
  return names;
}

std::string Escaped(std::string_view text, char doubled) {
  std::string out;
  for (const char c : text) {
    if (c == '\0') continue;  // no text of CSV or SQL may hold it
    if (c == doubled) out += c;
    out += c;
  }
  return out;
}

std::string Csv(std::span<const Test> tests) {
  std::string out = Names(",") + "\n";
  for (const Test& test : tests) {
    std::string_view between;
    for (const Column& column : Columns()) {
      const Cell cell = column.cell(test);
      out += fmt::format("{}\"{}\"", between, Escaped(cell.value_or(""), '"'));
      between = ",";
    }
    out += '\n';
  }
  return out;
}

std::string JsonValue(const Column& column, const Test& test) {
  const Cell cell = column.cell(test);
  if (!cell) return "null";
  if (column.type == Type::kBoolean) return *cell == "0" ? "false" : "true";
  if (column.type != Type::kText) return *cell;
  std::string quoted;
  record::AppendQuoted(*cell, quoted);
  return quoted;
}

std::string Samples(const Test& test) { return fmt::format("[ {} ]", fmt::join(test.samples_ns, ", ")); }

std::string SampleRates(const Test& test) {
  std::string out;
  for (const double rate : Rates(test)) out += fmt::format("{}{:.6g}", out.empty() ? "" : ", ", rate);
  return "[ " + out + " ]";
}

std::string Json(std::span<const Test> tests) {
  std::string out = "[\n";
  for (const Test& test : tests) {
    out += &test == tests.data() ? "  {\n" : ",\n  {\n";
    for (const Column& column : Columns()) {
      out += fmt::format("    \"{}\": {},\n", column.name, JsonValue(column, test));
    }
    out += fmt::format("    \"samples_ns\": {},\n    \"samples_ts\": {}\n  }}", Samples(test), SampleRates(test));
  }
  return out + "\n]\n";
}

std::string Jsonl(std::span<const Test> tests) {
  std::string out;
  for (const Test& test : tests) {
    out += '{';
    for (const Column& column : Columns()) out += fmt::format("\"{}\": {}, ", column.name, JsonValue(column, test));
    out += fmt::format("\"samples_ns\": {},\"samples_ts\": {}}}\n", Samples(test), SampleRates(test));
  }
  return out;
}

std::string_view SqlType(Type type) {
  switch (type) {
    case Type::kText: return "TEXT";
    case Type::kBoolean:
    case Type::kInteger: return "INTEGER";
    case Type::kReal: return "REAL";
  }
  return "";
}

std::string Sql(std::span<const Test> tests) {
  std::string out = "CREATE TABLE IF NOT EXISTS llama_bench (\n";
  for (const Column& column : Columns()) {
    const bool is_last = &column == &Columns().back();
    out += fmt::format("  {} {}{}\n", column.name, SqlType(column.type), is_last ? "" : ",");
  }
  out += ");\n\n";
  for (const Test& test : tests) {
    out += "INSERT INTO llama_bench (" + Names(", ") + ") VALUES (";
    std::string_view between;
    for (const Column& column : Columns()) {
      const Cell cell = column.cell(test);
      out += between;
      out += cell ? "'" + Escaped(*cell, '\'') + "'" : "NULL";
      between = ", ";
    }
    out += ");\n";
  }
  return out;
}

std::string SizeText(const std::optional<std::int64_t>& bytes) {
  if (!bytes) return "";
  constexpr double kMib = 1024.0 * 1024.0;
  const auto size = static_cast<double>(*bytes);
  return size < 1024 * kMib ? fmt::format("{:.2f} MiB", size / kMib) : fmt::format("{:.2f} GiB", size / kMib / 1024);
}

std::string ParametersText(const std::optional<std::int64_t>& count) {
  if (!count) return "";
  const auto number = static_cast<double>(*count);
  return number < 1e9 ? fmt::format("{:.2f} M", number / 1e6) : fmt::format("{:.2f} B", number / 1e9);
}

std::string TestName(const Test& test) {
  std::string name = test.n_prompt > 0 ? fmt::format("pp{}", test.n_prompt) : "";
  if (test.n_gen > 0) name += fmt::format("{}tg{}", name.empty() ? "" : "+", test.n_gen);
  if (test.n_depth > 0) name += fmt::format(" @ d{}", test.n_depth);
  return name;
}

// A bar or a line break in a name would end the cell.
std::string InCell(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '|' || (c >= 0 && c < ' '); }, ' ');
  return text;
}

std::string Markdown(std::span<const Test> tests) {
  const bool is_cpu = std::all_of(tests.begin(), tests.end(), [](const Test& test) { return test.backends == "CPU"; });
  std::string out = fmt::format("| {:<30} | {:>10} | {:>10} | {:<10} |{} {:>7} | {:>15} | {:>20} |\n", "model", "size",
                                "params", "backend", is_cpu ? "" : " ngl |", "threads", "test", "t/s");
  out += fmt::format("| {0:-<30} | {0:->9}: | {0:->9}: | {0:-<10} |{1} {0:->6}: | {0:->14}: | {0:->19}: |\n", "",
                     is_cpu ? "" : " --: |");
  for (const Test& test : tests) {
    const Spread rate = SpreadOf(Rates(test));
    out += fmt::format("| {:<30} | {:>10} | {:>10} | {:<10} |{} {:>7} | {:>15} | {:>20} |\n", InCell(test.model_type),
                       SizeText(test.model_size), ParametersText(test.model_n_params), InCell(test.backends),
                       is_cpu ? "" : fmt::format(" {:>3} |", test.n_gpu_layers), test.n_threads, TestName(test),
                       fmt::format("{:.2f} ± {:.2f}", rate.mean, rate.deviation));
  }
  if (tests.empty()) return out;
  const Test& last = tests.back();
  out += "\nbuild: " + InCell(last.build_commit.value_or("unknown"));
  if (last.build_number) out += fmt::format(" ({})", *last.build_number);
  return out + "\n";
}

}  // namespace

std::string LlamaBenchText(std::span<const LlamaBenchTest> tests, LlamaBenchFormat format) {
  switch (format) {
    case LlamaBenchFormat::kMarkdown: return Markdown(tests);
    case LlamaBenchFormat::kCsv: return Csv(tests);
    case LlamaBenchFormat::kJson: return Json(tests);
    case LlamaBenchFormat::kJsonl: return Jsonl(tests);
    case LlamaBenchFormat::kSql: return Sql(tests);
  }
  return "";
}

}  // namespace inferometer::exchange
