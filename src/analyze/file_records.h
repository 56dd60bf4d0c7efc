#pragma once
// What was read of one metrics file.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "analyze/fingerprint.h"
#include "analyze/sample.h"
#include "analyze/statistics.h"

namespace inferometer::analyze {

struct Row {
  Sample sample;
  std::uint32_t group = 0;  // index into FileRecords::groups()
  bool has_id = false;
  WallTime timestamp;
  Fingerprint fingerprint;  // of the id; without one, it is there after MakeFingerprints
};

// The time that the rows of one group fill; those with an id do not count.
struct TimeSpan {
  std::size_t rows = 0;
  WallTime first;
  WallTime last;
  bool is_rising = true;  // each row is later than the one before

  void Add(WallTime time) {
    if (rows++ == 0) {
      first = time;
    } else {
      is_rising = is_rising && time > last;
    }
    last = time;
  }
};

// One number of a file's summary block: "inference_time_ms.avg". It agrees with the records' own number when the two
// differ by no more than `tolerance`.
struct SummaryClaim {
  std::string field;
  double value = 0;
  double tolerance = 0;
};

// The records of one file in the order of the file, those that stand twice twice, and what its summary block says of
// them. One thread at a time.
class FileRecords {
 public:
  // The index of `key` among the groups, where it is put when it is new.
  std::uint32_t GroupOf(const GroupKey& key);
  void Add(const Row& row) { rows_.push_back(row); }
  // So many copies of it, to be filled.
  std::span<Row> Append(std::size_t count, const Row& row) {
    rows_.resize(rows_.size() + count, row);
    return std::span(rows_).last(count);
  }
  // A new row at the end, to be filled, and its removal. The reference lives until the next one.
  Row& Append(const Row& row) { return rows_.emplace_back(row); }
  void RemoveLast() { rows_.pop_back(); }
  void AddClaim(SummaryClaim claim) { claims_.push_back(std::move(claim)); }
  // Forgets everything.
  void Clear();
  // Fills columns() and spans() from the rows. Call once, when the file is read.
  void MakeColumns();
  // Gives the rows without an id the fingerprint of their values.
  void MakeFingerprints();

  [[nodiscard]] std::span<const GroupKey> groups() const { return groups_; }
  [[nodiscard]] std::span<const Row> rows() const { return rows_; }
  [[nodiscard]] std::span<const SummaryClaim> claims() const { return claims_; }
  // The samples of the rows, one Columns a group.
  [[nodiscard]] std::span<Columns> columns() { return {columns_.data(), groups_.size()}; }
  [[nodiscard]] std::span<const Columns> columns() const { return {columns_.data(), groups_.size()}; }
  // The times of the rows, one span a group.
  [[nodiscard]] std::span<const TimeSpan> spans() const { return spans_; }

 private:
  void AddToColumns(std::span<const Row> run);

  std::vector<GroupKey> groups_;
  std::map<GroupKey, std::uint32_t> index_;
  std::uint32_t latest_ = 0;
  std::vector<Row> rows_;
  std::vector<TimeSpan> spans_;
  std::vector<Columns> columns_;  // as many as groups, or more, kept for their memory
  std::vector<SummaryClaim> claims_;
};

}  // namespace inferometer::analyze
