#pragma once
// From records to what is drawn of them.

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/each_record.h"
#include "analyze/group_index.h"
#include "inferometer/record.h"
#include "report/html/group_series.h"

namespace inferometer::report::html {

// Takes each record once, in any order, and keeps what the pictures need: at most 5 MB, however many records
// there are, beside an index of the groups. One thread at a time.
class Collector {
 public:
  // Records of other groups than these are passed over. At most kMostPictured groups get pictures, those with the most
  // inferences. `groups` must outlive it.
  explicit Collector(const std::vector<analyze::Group>& groups);

  void Add(const analyze::RecordOrigin& origin, const InferenceRecord& record);
  // Call once, after the last Add.
  void Finish();

  // The groups with pictures by their places in `groups`, in the order of these.
  [[nodiscard]] const std::map<std::size_t, GroupSeries>& pictured() const { return pictured_; }
  // How many records of the groups came.
  [[nodiscard]] std::size_t records() const { return records_; }
  // When the first and the last of them began whose time is known.
  struct Period {
    WallTime first;
    WallTime last;
  };
  [[nodiscard]] const std::optional<Period>& period() const { return period_; }

  // Up to how many inferences a time line has each of them.
  [[nodiscard]] std::size_t most_moments() const { return limits_.moments; }

  static constexpr std::size_t kMostPictured = 24;

 private:
  analyze::GroupIndex index_;
  Limits limits_;
  std::map<std::size_t, GroupSeries> pictured_;
  std::size_t records_ = 0;
  std::optional<Period> period_;
};

}  // namespace inferometer::report::html
