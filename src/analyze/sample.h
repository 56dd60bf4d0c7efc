#pragma once
// What the analysis keeps of one record, and what it groups records by.

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace inferometer::analyze {

// The numbers that statistics are made of, in the units of the field table.
enum class Quantity : std::uint8_t {
  kInferenceTimeMs,
  kMemoryUsedMb,
  kCpuPercent,
  kEnergyMj,
  kEnergyUncertaintyMj,
  kTimeToFirstTokenMs,
  kDecodeMs,
  kGeneratedTokens,
  kTokensPerSecond,
};
inline constexpr std::size_t kQuantities = 9;

// The measured numbers of one record. Copyable value.
class Sample {
 public:
  void Set(Quantity quantity, double value) {
    values_[Index(quantity)] = value;
    present_ = static_cast<std::uint16_t>(present_ | Bit(quantity));
  }
  // REQUIRES: the quantity is present.
  void Replace(Quantity quantity, double value) { values_[Index(quantity)] = value; }
  [[nodiscard]] bool Has(Quantity quantity) const { return (present_ & Bit(quantity)) != 0; }
  [[nodiscard]] std::optional<double> Get(Quantity quantity) const {
    return Has(quantity) ? std::optional(values_[Index(quantity)]) : std::nullopt;
  }
  // REQUIRES: the quantity is present.
  [[nodiscard]] double Value(Quantity quantity) const { return values_[Index(quantity)]; }
  // Calls `each` with every value that is present, in the order of the quantities.
  template <typename Each>
  void ForEach(Each each) const {
    for (unsigned rest = present_; rest != 0; rest &= rest - 1) {
      each(values_[static_cast<std::size_t>(std::countr_zero(rest))]);
    }
  }
  // Which quantities are present, one bit each.
  [[nodiscard]] std::uint16_t present() const { return present_; }

  bool failed = false;  // status "error": counted, in no average

 private:
  static constexpr std::size_t Index(Quantity quantity) { return static_cast<std::size_t>(quantity); }
  static constexpr unsigned Bit(Quantity quantity) { return 1U << Index(quantity); }

  std::uint16_t present_ = 0;
  std::array<double, kQuantities> values_{};  // only those present mean something
};

// The numbers of many records that have the same quantities and did not fail, column by column. Points to memory of
// others.
struct SampleRun {
  std::size_t records = 0;
  std::array<const double*, kQuantities> values{};  // nullptr: none of the records has it

  [[nodiscard]] std::size_t size() const { return records; }
  [[nodiscard]] bool Has(Quantity quantity) const { return values[static_cast<std::size_t>(quantity)] != nullptr; }
  [[nodiscard]] double Value(Quantity quantity, std::size_t record) const {
    return values[static_cast<std::size_t>(quantity)][record];
  }
  [[nodiscard]] Sample At(std::size_t record) const {
    Sample sample;
    for (std::size_t i = 0; i < kQuantities; ++i) {
      if (values[i] != nullptr) sample.Set(static_cast<Quantity>(i), values[i][record]);
    }
    return sample;
  }
};

// Stands for the source of an energy that names none, as in the files of the older system.
inline constexpr const char* kUnspecifiedSource = "unspecified";

// Records with the same key are one group; the energies in it are of one kind. An energy source is there if and only if
// the records have an energy.
struct GroupKey {
  std::string device_id;
  std::string device_name;
  std::string model_name;
  std::optional<std::string> compute_device;
  std::optional<std::string> energy_source;
  std::optional<std::string> energy_scope;

  auto operator<=>(const GroupKey&) const = default;
};

}  // namespace inferometer::analyze
