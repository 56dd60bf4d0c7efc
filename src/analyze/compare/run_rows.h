#pragma once
// What a comparison keeps of the records of its two arms.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyze/compare/metrics.h"
#include "analyze/each_record.h"
#include "inferometer/record.h"

namespace inferometer::analyze {

// What must be the same in both arms, or is what is compared.
enum class Fact : std::uint8_t {
  kDeviceId,
  kModelName,
  kQuantization,
  kThreads,
  kComputeDevice,
  kGpuLayers,
  kPowerMode,
  kCpuGovernor,
  kConditions,  // of the record: "warmup", and the flags that make it unfit beside others; empty where there are none
};
inline constexpr std::array<std::string_view, 9> kFactNames = {"device_id",  "model_name",     "quantization",
                                                               "threads",    "compute_device", "gpu_layers",
                                                               "power_mode", "cpu_governor",   "conditions"};
using Facts = std::array<std::optional<std::string>, kFactNames.size()>;

// Numbers that stand for texts in the order in which they came.
class Names {
 public:
  // -1 for no text.
  [[nodiscard]] std::int32_t Of(const std::optional<std::string>& text);
  [[nodiscard]] const std::string& At(std::int32_t number) const { return texts_[static_cast<std::size_t>(number)]; }

 private:
  std::unordered_map<std::string, std::int32_t> numbers_;
  std::vector<std::string> texts_;
};

// 112 bytes a record.
struct ComparedRow {
  std::array<double, kCompareMetrics.size()> values{};  // only those present mean something
  std::int64_t time_us = 0;
  std::int64_t run_index = 0;
  std::int32_t block = -1;  // numbers of Names, -1 for none
  std::int32_t session = -1;
  std::int32_t prompt = -1;
  std::int32_t energy_kind = -1;
  std::int32_t prompt_tokens = -1;
  std::int32_t generated_tokens = -1;
  float energy_error = -1;  // relative, k = 2; below 0: not known
  std::uint8_t present = 0;

  [[nodiscard]] bool Has(std::size_t metric) const { return ((present >> metric) & 1U) != 0; }
};
static_assert(sizeof(ComparedRow) == 112);

// Records with the same facts.
class FactClass {
 public:
  Facts facts;
  // In run order, once the RunRows are sorted.
  [[nodiscard]] std::span<const ComparedRow> RowsOf(std::size_t arm) const {
    const auto found = rows_.find(arm);
    return found == rows_.end() ? std::span<const ComparedRow>() : std::span<const ComparedRow>(found->second);
  }

 private:
  friend class RunRows;
  // By arm, of which there may be as many as records while few have the same facts.
  std::unordered_map<std::size_t, std::vector<ComparedRow>> rows_;
};

struct EnergyKind {
  std::string source;
  std::string scope;
};

// Of one arm.
struct ArmCounts {
  std::size_t total = 0;
  std::size_t failed = 0;
  std::size_t below_resolution = 0;  // energies whose uncertainty is above half of them: they are not compared
  std::map<std::string, std::size_t> conditions;  // for how many records each holds
};

// Collects the records of two arms or more. Memory: 112 bytes a record, and each text once.
class RunRows {
 public:
  // Arms are numbered from 0. A failed record is only counted.
  void Add(std::size_t arm, const RecordOrigin& origin, const InferenceRecord& record);

  // Puts the rows of every class into the order in which they ran. REQUIRES: after the last Add.
  void Sort();

  [[nodiscard]] const std::map<std::string, FactClass>& classes() const { return classes_; }
  [[nodiscard]] EnergyKind KindOf(const ComparedRow& row) const;
  [[nodiscard]] ArmCounts CountsOf(std::size_t arm) const { return arm < counts_.size() ? counts_[arm] : ArmCounts(); }

 private:
  [[nodiscard]] Facts FactsOf(const RecordOrigin& origin, const InferenceRecord& record, ArmCounts& counts);
  void PutEnergy(const InferenceRecord& record, ArmCounts& counts, ComparedRow& row);

  std::map<std::string, FactClass> classes_;  // by their facts put together
  Names blocks_;
  Names sessions_;
  Names prompts_;
  Names energy_kinds_;
  std::vector<ArmCounts> counts_;
};

}  // namespace inferometer::analyze
