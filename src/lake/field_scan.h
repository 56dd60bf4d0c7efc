#pragma once
// The values of some columns of a lake's files, chunk by chunk, at the speed at which they are decoded: what statistics
// are made from.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::lake {

// One column of a chunk: plain arrays that live until the next chunk. What Is, Real, ... give is defined only where
// Has; and only for the column's own type.
class ColumnView {
 public:
  ColumnView() = default;
  ColumnView(const void* data, const std::uint64_t* present, double divisor)
      : data_(data), present_(present), divisor_(divisor) {}

  [[nodiscard]] bool Has(std::size_t row) const {
    return data_ != nullptr && (present_ == nullptr || (present_[row / 64] >> (row % 64) & 1) != 0);
  }
  // Whether all of the rows from `begin` to `end` have a value, or none; neither where some do.
  [[nodiscard]] bool HasAll(std::size_t begin, std::size_t end) const {
    return data_ != nullptr && (present_ == nullptr || CountPresent(begin, end) == end - begin);
  }
  [[nodiscard]] bool HasNone(std::size_t begin, std::size_t end) const {
    return data_ == nullptr || (present_ != nullptr && CountPresent(begin, end) == 0);
  }
  // The values of those rows. REQUIRES: HasAll.
  void Reals(std::size_t begin, std::size_t end, double* to) const {
    for (std::size_t row = begin; row < end; ++row) *to++ = Real(row);
  }
  void Integers(std::size_t begin, std::size_t end, double* to) const {
    for (std::size_t row = begin; row < end; ++row) *to++ = static_cast<double>(Integer(row));
  }
  // Whether two rows have the same text, or both none.
  [[nodiscard]] bool IsSameText(std::size_t a, std::size_t b) const {
    if (Has(a) != Has(b)) return false;
    if (!Has(a)) return true;
    const auto* slots = static_cast<const TextSlot*>(data_);
    return std::memcmp(&slots[a], &slots[b], sizeof(TextSlot)) == 0 ||
           (slots[a].length > sizeof slots[a].inlined && Text(a) == Text(b));
  }
  // Up to where, from `begin` to `end`, the texts are the same, or all absent.
  [[nodiscard]] std::size_t EndOfSameText(std::size_t begin, std::size_t end) const {
    if (data_ == nullptr) return end;
    std::size_t row = begin + 1;
    while (row < end && IsSameText(row, begin)) ++row;
    return row;
  }
  [[nodiscard]] double Real(std::size_t row) const { return static_cast<double>(At<std::int64_t>(row)) / divisor_; }
  [[nodiscard]] std::int64_t Integer(std::size_t row) const { return At<std::int64_t>(row); }
  [[nodiscard]] std::string_view Text(std::size_t row) const {
    const TextSlot& slot = static_cast<const TextSlot*>(data_)[row];
    return {slot.length <= sizeof slot.inlined ? slot.inlined : slot.Pointer(), slot.length};
  }

 private:
  // DuckDB's layout of a text: inline up to 12 bytes, else its first 4 and where all of it stands.
  struct TextSlot {
    std::uint32_t length;
    char inlined[12];
    [[nodiscard]] const char* Pointer() const {
      const char* pointer = nullptr;
      std::memcpy(&pointer, inlined + 4, sizeof pointer);
      return pointer;
    }
  };
  [[nodiscard]] std::size_t CountPresent(std::size_t begin, std::size_t end) const {
    constexpr std::size_t kBits = 64;
    std::size_t count = 0;
    for (std::size_t row = begin; row < end;) {
      const std::size_t bits = std::min(kBits - row % kBits, end - row);
      const std::uint64_t mask = bits == kBits ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
      count += static_cast<std::size_t>(std::popcount(present_[row / kBits] >> (row % kBits) & mask));
      row += bits;
    }
    return count;
  }
  template <typename T>
  [[nodiscard]] T At(std::size_t row) const {
    return static_cast<const T*>(data_)[row];
  }

  const void* data_ = nullptr;
  const std::uint64_t* present_ = nullptr;  // nothing: all are
  double divisor_ = 1;
};

struct ScanChunk {
  std::size_t rows = 0;
  std::span<const ColumnView> columns;  // in the order that was asked for
};

// One thread at a time; several may scan different files at the same time. Opening one takes some milliseconds. Memory:
// a few row groups.
class FieldScan {
 public:
  // `columns` are names of Columns(), of which none is a list or a boolean. kUnavailable where there is no DuckDB.
  [[nodiscard]] static Result<FieldScan> Open(std::span<const std::string_view> columns, std::size_t memory_mb = 64);
  ~FieldScan();
  FieldScan(FieldScan&&) noexcept;
  FieldScan& operator=(FieldScan&&) = delete;

  // The rows of these files come next; what was left of former ones is dropped. A file that lacks a column has no value
  // of it; one whose values are not what the column is for fails the scan.
  void Start(std::span<const std::filesystem::path> files);
  // Nothing at the end. kDataLoss, naming a file where one is to blame, for damage.
  [[nodiscard]] Result<std::optional<ScanChunk>> Next();

 private:
  struct State;
  explicit FieldScan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::lake
