#pragma once
// From samples to the figures of a summary block.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "analyze/column.h"
#include "analyze/sample.h"

namespace inferometer::analyze {

inline constexpr std::string_view kTotalInferences = "total_inferences";
inline constexpr std::string_view kFailedInferences = "failed_inferences";

// The blocks of a summary; the first four are those of the metrics directory's contract.
enum class Block : std::uint8_t {
  kInferenceTime,
  kMemoryUsage,
  kCpuUsage,
  kEnergy,
  kTokensPerSecond,
  kTimeToFirstToken,
  kEnergyPerToken,
};
inline constexpr std::size_t kBlocks = 7;
inline constexpr std::array<std::string_view, kBlocks> kBlockNames = {
    "inference_time_ms", "memory_usage_mb",        "cpu_usage_percent",  "energy_consumption_mj",
    "tokens_per_second", "time_to_first_token_ms", "energy_per_token_mj"};
[[nodiscard]] constexpr std::string_view NameOf(Block block) { return kBlockNames[static_cast<std::size_t>(block)]; }

// Quantities that are a block as they are.
inline constexpr std::array<std::pair<Quantity, Block>, 4> kCopiedQuantities = {
    {{Quantity::kInferenceTimeMs, Block::kInferenceTime},
     {Quantity::kMemoryUsedMb, Block::kMemoryUsage},
     {Quantity::kCpuPercent, Block::kCpuUsage},
     {Quantity::kTimeToFirstTokenMs, Block::kTimeToFirstToken}}};

// Fewer values cannot bound the quantile: a distribution-free 95 % bound needs so many.
inline constexpr std::size_t kLeastForP95 = 59;
inline constexpr std::size_t kLeastForP99 = 299;

// What is said of one quantity. Quantiles by type 7, NumPy's default.
struct Spread {
  std::size_t count = 0;
  double min = 0;
  double max = 0;
  double avg = 0;               // of a rate: the ratio of the sums, never the mean of ratios
  std::optional<double> total;  // of energy only
  double p50 = 0;
  std::optional<double> p95;
  std::optional<double> p99;
};
inline constexpr std::array<std::string_view, 7> kStatisticNames = {"min", "max", "avg", "total", "p50", "p95", "p99"};
// By name, as in kStatisticNames; nothing where the spread does not have it.
[[nodiscard]] std::optional<double> StatisticOf(const Spread& spread, std::string_view name);

// What one record adds to a block; nothing where it has no such value, or failed. The blocks' min and max are of these.
[[nodiscard]] std::optional<double> ValueOf(const Sample& sample, Block block);

// How far the energies may be off: the half widths of their intervals. Their error is one of the source and the same
// way in every record, so the total's is the sum, and the average's does not shrink with the number of records.
struct EnergyUncertainty {
  double avg_mj = 0;
  double total_mj = 0;
};

// The samples of one group: 8 bytes for each number that a statistic needs. Statistics reorder the columns, so that
// order means nothing afterwards. One thread at a time; SpreadOf different blocks may run at the same time.
class Columns {
 public:
  void Add(const Sample& sample);
  // The same as adding the samples of a run one after another: records that have the same quantities and did not fail.
  // `Run` is SampleRun or has its methods.
  template <typename Run>
  void AddRun(const Run& run) {
    total_ += run.size();
    const auto add = [&](Quantity quantity, Block block) {
      if (!run.Has(quantity)) return;
      Of(block).AddAll(run.size(), [&](std::size_t record) { return run.Value(quantity, record); });
    };
    for (const auto& [quantity, block] : kCopiedQuantities) add(quantity, block);
    if (!run.Has(Quantity::kGeneratedTokens) && !run.Has(Quantity::kEnergyUncertaintyMj)) {
      return add(Quantity::kEnergyMj, Block::kEnergy);
    }
    for (std::size_t record = 0; record < run.size(); ++record) {
      const Sample sample = run.At(record);
      AddEnergy(sample);
      AddSpeed(sample);
    }
  }
  // Adds all samples of `other`. REQUIRES: it was not narrowed.
  void Append(const Columns& other);
  // Gives the numbers that quantiles are made of to `to`, and keeps all else, which Append adds to it later.
  void GiveValuesTo(Columns& to);
  // Keeps the memory.
  void Clear();

  [[nodiscard]] std::size_t total_inferences() const { return total_; }
  [[nodiscard]] std::size_t failed_inferences() const { return failed_; }
  // How many numbers it holds, and whether it let some go.
  [[nodiscard]] std::size_t kept() const;
  [[nodiscard]] bool is_narrowed() const;
  [[nodiscard]] Column& Of(Block block) { return columns_[static_cast<std::size_t>(block)]; }
  // REQUIRES: the block's column was not narrowed, or its quantiles are known.
  [[nodiscard]] std::optional<Spread> SpreadOf(Block block, bool with_quantiles = true);
  // Only when every energy came with its uncertainty.
  [[nodiscard]] std::optional<EnergyUncertainty> Uncertainty() const;

 private:
  // Numerator and denominator of a rate, added up.
  struct RatioOfSums {
    double above = 0;
    double below = 0;
  };

  void AddSpeed(const Sample& sample);
  void AddEnergy(const Sample& sample);
  [[nodiscard]] const Column& Of(Block block) const { return columns_[static_cast<std::size_t>(block)]; }

  std::size_t total_ = 0;
  std::size_t failed_ = 0;
  std::array<Column, kBlocks> columns_;
  RatioOfSums speed_;             // tokens after the first, and the ms of decoding them
  RatioOfSums energy_per_token_;  // mJ, and the tokens it made
  double uncertainty_total_mj_ = 0;
  std::size_t uncertainties_ = 0;
};

}  // namespace inferometer::analyze
