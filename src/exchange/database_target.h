#pragma once
// Records into the tables of a database (exchange/database_table.h).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analyze/verification.h"
#include "exchange/record_target.h"

namespace inferometer::exchange {

// Every so many records are stored together.
inline constexpr std::size_t kRecordsPerBatch = 20'000;

class DatabaseTarget : public RecordTarget {
 public:
  // What is reported lost. What was stored before stays, but for what one of these holds now. Stored when it succeeds.
  [[nodiscard]] virtual Status PutLosses(std::span<const analyze::ReportedLoss> losses) = 0;
  // Columns that the tables lacked, "records.name" each: an older program made them.
  [[nodiscard]] virtual const std::vector<std::string>& added_columns() const = 0;
  // Records that are stored now and were not there before, or were another.
  [[nodiscard]] virtual std::uint64_t changed_records() const = 0;
};

}  // namespace inferometer::exchange
