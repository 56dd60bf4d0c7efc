#pragma once
// What is drawn of one group of records, in bounded memory.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "analyze/analysis.h"
#include "analyze/each_record.h"
#include "analyze/row_builder.h"
#include "inferometer/record.h"
#include "report/html/conditions.h"
#include "report/html/histogram.h"
#include "report/html/point_sample.h"
#include "report/html/time_line.h"

namespace inferometer::report::html {

// Whether `timestamp` is when the inference began: nobody knows where the device's clock was not set and no hub
// corrected it.
[[nodiscard]] bool IsTimeKnown(const InferenceRecord& record);

// When each run of a program began: its first record. At most kMostRuns of them.
class RunStarts {
 public:
  void Add(std::string_view session, WallTime time);
  // More than can be kept: then no run's start is known.
  [[nodiscard]] bool too_many() const { return too_many_; }
  [[nodiscard]] std::size_t count() const { return starts_.size(); }
  // Sorted.
  [[nodiscard]] std::set<WallTime> Starts() const;

  static constexpr std::size_t kMostRuns = 256;

 private:
  std::map<std::uint64_t, WallTime> starts_;  // by the hash of the session's name
  bool too_many_ = false;
};

// The temperatures of a group, and whether its machine told of throttling.
struct Heat {
  std::size_t measured = 0;  // records with a temperature
  double coolest_c = 0;      // where measured
  double hottest_c = 0;
  std::size_t told = 0;  // records that say whether the machine was throttled
  std::size_t throttled = 0;
};

// How much of a group is kept for drawing.
struct Limits {
  std::size_t points = 300;    // of a scatter
  std::size_t moments = 2000;  // of a time line
};

class GroupSeries {
 public:
  // Histograms need the extremes, which `group` has.
  GroupSeries(const analyze::Group& group, const Limits& limits);

  // `parts` are of `record`.
  void Add(const analyze::RecordOrigin& origin, const InferenceRecord& record, const analyze::RecordParts& parts);
  // Call once, after the last Add.
  void Finish() { time_line_.Finish(); }

  [[nodiscard]] const std::optional<Histogram>& Of(analyze::Block block) const {
    return histograms_[static_cast<std::size_t>(block)];
  }
  [[nodiscard]] const TimeLine& time_line() const { return time_line_; }
  [[nodiscard]] const RunStarts& runs() const { return runs_; }
  // x: tokens/s, y: mJ.
  [[nodiscard]] const PointSample& energy_by_speed() const { return energy_by_speed_; }
  // x: degrees C, y: tokens/s; of inferences that were not throttled, or where nothing tells, and of those that were.
  [[nodiscard]] const PointSample& cool() const { return cool_; }
  [[nodiscard]] const PointSample& throttled() const { return throttled_; }
  [[nodiscard]] const Heat& heat() const { return heat_; }
  // How many records have each flag. Of names beyond kMostFlags nothing is known.
  [[nodiscard]] const std::map<std::string, std::size_t>& flags() const { return flags_; }
  // Records whose time nobody knows, since the device's clock was not set: they are on no time line.
  [[nodiscard]] std::size_t without_time() const { return without_time_; }

  [[nodiscard]] const Conditions& conditions() const { return conditions_; }

  static constexpr std::size_t kMostFlags = 32;

 private:
  void AddMoment(const InferenceRecord& record, std::optional<double> tokens_per_second);
  void AddHeat(const InferenceRecord& record, std::uint64_t hash, std::optional<double> tokens_per_second);
  void AddFlags(const InferenceRecord& record);

  std::array<std::optional<Histogram>, analyze::kBlocks> histograms_;
  TimeLine time_line_;
  RunStarts runs_;
  PointSample energy_by_speed_;
  PointSample cool_;
  PointSample throttled_;
  Heat heat_;
  std::map<std::string, std::size_t> flags_;
  std::size_t without_time_ = 0;
  Conditions conditions_;
};

}  // namespace inferometer::report::html
