#include "analyze/statistics.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace inferometer::analyze {
namespace {

constexpr double kMillisecondsPerSecond = 1000;

void AddQuantiles(Column& column, Spread& spread) {
  const std::vector<double> found = column.Quantiles();
  spread.p50 = found[0];
  if (column.size() >= kLeastForP95) spread.p95 = found[1];
  if (column.size() >= kLeastForP99) spread.p99 = found[2];
}

// The tokens after the first and the time they took, where both are known.
struct Decoding {
  double timed_tokens;
  double decode_ms;
  double tokens_per_second;
};

std::optional<Decoding> DecodingOf(const Sample& sample) {
  const auto tokens = sample.Get(Quantity::kGeneratedTokens);
  if (!tokens || *tokens < 2) return std::nullopt;
  const double timed_tokens = *tokens - 1;
  auto decode_ms = sample.Get(Quantity::kDecodeMs);
  auto speed = sample.Get(Quantity::kTokensPerSecond);
  if (!decode_ms && speed && *speed > 0) decode_ms = timed_tokens / *speed * kMillisecondsPerSecond;
  if (!decode_ms || *decode_ms <= 0) return std::nullopt;
  if (!speed) speed = timed_tokens / *decode_ms * kMillisecondsPerSecond;
  return Decoding{timed_tokens, *decode_ms, *speed};
}

std::optional<double> EnergyPerTokenOf(const Sample& sample) {
  const auto energy_mj = sample.Get(Quantity::kEnergyMj);
  const auto tokens = sample.Get(Quantity::kGeneratedTokens);
  if (!energy_mj || !tokens || *tokens < 1) return std::nullopt;
  return *energy_mj / *tokens;
}

}  // namespace

std::optional<double> ValueOf(const Sample& sample, Block block) {
  if (sample.failed) return std::nullopt;
  switch (block) {
    case Block::kInferenceTime: return sample.Get(Quantity::kInferenceTimeMs);
    case Block::kMemoryUsage: return sample.Get(Quantity::kMemoryUsedMb);
    case Block::kCpuUsage: return sample.Get(Quantity::kCpuPercent);
    case Block::kEnergy: return sample.Get(Quantity::kEnergyMj);
    case Block::kTimeToFirstToken: return sample.Get(Quantity::kTimeToFirstTokenMs);
    case Block::kEnergyPerToken: return EnergyPerTokenOf(sample);
    case Block::kTokensPerSecond: {
      const auto decoding = DecodingOf(sample);
      return decoding ? std::optional(decoding->tokens_per_second) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<double> StatisticOf(const Spread& spread, std::string_view name) {
  if (name == "min") return spread.min;
  if (name == "max") return spread.max;
  if (name == "avg") return spread.avg;
  if (name == "total") return spread.total;
  if (name == "p50") return spread.p50;
  if (name == "p95") return spread.p95;
  if (name == "p99") return spread.p99;
  return std::nullopt;
}

void Columns::Add(const Sample& sample) {
  ++total_;
  if (sample.failed) {
    ++failed_;
    return;
  }
  for (const auto& [quantity, block] : kCopiedQuantities) {
    if (const auto value = sample.Get(quantity)) Of(block).Add(*value);
  }
  AddEnergy(sample);
  AddSpeed(sample);
}

void Columns::AddSpeed(const Sample& sample) {
  const auto decoding = DecodingOf(sample);
  if (!decoding) return;
  Of(Block::kTokensPerSecond).Add(decoding->tokens_per_second);
  speed_.above += decoding->timed_tokens;
  speed_.below += decoding->decode_ms;
}

void Columns::AddEnergy(const Sample& sample) {
  const auto energy_mj = sample.Get(Quantity::kEnergyMj);
  if (!energy_mj) return;
  Of(Block::kEnergy).Add(*energy_mj);
  if (const auto uncertainty_mj = sample.Get(Quantity::kEnergyUncertaintyMj)) {
    uncertainty_total_mj_ += *uncertainty_mj;
    ++uncertainties_;
  }
  const auto tokens = sample.Get(Quantity::kGeneratedTokens);
  if (!tokens || *tokens < 1) return;
  Of(Block::kEnergyPerToken).Add(*energy_mj / *tokens);
  energy_per_token_.above += *energy_mj;
  energy_per_token_.below += *tokens;
}

void Columns::Append(const Columns& other) {
  total_ += other.total_;
  failed_ += other.failed_;
  for (std::size_t i = 0; i < kBlocks; ++i) columns_[i].Append(other.columns_[i]);
  speed_.above += other.speed_.above;
  speed_.below += other.speed_.below;
  energy_per_token_.above += other.energy_per_token_.above;
  energy_per_token_.below += other.energy_per_token_.below;
  uncertainty_total_mj_ += other.uncertainty_total_mj_;
  uncertainties_ += other.uncertainties_;
}

void Columns::GiveValuesTo(Columns& to) {
  for (std::size_t i = 0; i < kBlocks; ++i) columns_[i].GiveValuesTo(to.columns_[i]);
}

std::size_t Columns::kept() const {
  return std::accumulate(columns_.begin(), columns_.end(), std::size_t{0},
                         [](std::size_t sum, const Column& column) { return sum + column.kept(); });
}

bool Columns::is_narrowed() const {
  return std::any_of(columns_.begin(), columns_.end(), [](const Column& column) { return column.is_narrowed(); });
}

void Columns::Clear() {
  for (Column& column : columns_) column.Clear();
  total_ = failed_ = uncertainties_ = 0;
  speed_ = energy_per_token_ = {};
  uncertainty_total_mj_ = 0;
}

std::optional<Spread> Columns::SpreadOf(Block block, bool with_quantiles) {
  Column& column = Of(block);
  if (column.empty()) return std::nullopt;
  Spread spread;
  spread.count = column.size();
  spread.min = column.least();
  spread.max = column.most();
  spread.avg = column.sum() / static_cast<double>(column.size());
  if (block == Block::kEnergy) spread.total = column.sum();
  if (block == Block::kTokensPerSecond) spread.avg = speed_.above / speed_.below * kMillisecondsPerSecond;
  if (block == Block::kEnergyPerToken) spread.avg = energy_per_token_.above / energy_per_token_.below;
  if (with_quantiles) AddQuantiles(column, spread);
  return spread;
}

std::optional<EnergyUncertainty> Columns::Uncertainty() const {
  const std::size_t energies = Of(Block::kEnergy).size();
  if (energies == 0 || uncertainties_ != energies) return std::nullopt;
  return EnergyUncertainty{uncertainty_total_mj_ / static_cast<double>(energies), uncertainty_total_mj_};
}

}  // namespace inferometer::analyze
