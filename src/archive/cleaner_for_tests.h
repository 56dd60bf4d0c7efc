#pragma once
// For the tests of the cleaner: a metrics directory with verbs.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analyze/cleaned_records.h"
#include "analyze/each_record.h"
#include "analyze/sample_files.h"
#include "archive/cleaner.h"
#include "base/record_key.h"
#include "base/timestamp.h"
#include "os/temporary_folder.h"
#include "probe/manual_clock.h"

namespace inferometer::archive {

inline constexpr auto kDay = std::chrono::hours(24);
inline const std::string kId = "00:0f:00:70:91:0a";

// A record of that day of October 2025.
inline std::string Record(int day, std::uint64_t sequence, const std::string& id = kId) {
  return fmt::format(
      R"({{"timestamp":"2025-10-{:02}T10:30:00.250000Z","device_id":"{}","model_name":"m","inference_time_ms":{},)"
      R"("memory_used_mb":1,"cpu_percent_avg":2,"energy_consumed_mj":3,"compute_device":"cpu","record_id":"{}",)"
      R"("status":"ok"}})",
      day, id, 100 + sequence, base::RecordIdText({id, 1, sequence}));
}

// A metrics directory with verbs; it is the 20th of October 2025, 12:00.
class CleanerTest : public ::testing::Test {
 protected:
  CleanerTest() {
    GoTo("2025-10-20T12:00:00Z");
    options_.built = *base::ParseTimestamp("2025-01-01T00:00:00Z");
  }
  void GoTo(const std::string& time) { clock_.wall = *base::ParseTimestamp(time); }
  std::filesystem::path Put(const std::string& name, const std::vector<std::string>& records) {
    return folder_.Put("m/" + name, analyze::FileWith(records));
  }
  Result<CleanReport> Try(os::FileCalls& files = os::SystemFileCalls()) {
    options_.metrics_dir = metrics();
    auto directory = analyze::ListMetrics(metrics());
    EXPECT_TRUE(directory.ok());
    options_.directory = *directory;
    return Clean(options_, files, clock_);
  }
  CleanReport Run(std::optional<std::chrono::seconds> older_than = 7 * kDay) {
    options_.retention.older_than = older_than;
    auto report = Try();
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? *report : CleanReport();
  }
  void Archive() {
    ArchiveOptions options;
    options.metrics_dir = metrics();
    EXPECT_TRUE(archive::Archive(options, os::SystemFileCalls(), clock_).ok());
  }
  [[nodiscard]] std::size_t Records() const {
    std::size_t records = 0;
    EXPECT_TRUE(analyze::ForEachRecord(metrics(), [&](const analyze::RecordOrigin&, const InferenceRecord&) {
                  ++records;
                  return Ok();
                }).ok());
    return records;
  }
  // Of the device's folder "edge-1": what its journal says of stream 1.
  analyze::StreamKnowledge& Journal(analyze::Debt debt) {
    options_.stores = {{.folder = metrics() / "edge-1", .debt = debt}};
    return options_.stores[0].streams[analyze::StreamName{kId, 1}];
  }
  [[nodiscard]] analyze::SequenceRanges Noted(const std::filesystem::path& folder, bool is_unacknowledged = false,
                                              const std::string& device_name = "") const {
    const auto note = analyze::CleanedRecords::Read(folder);
    const auto found = note->ranges().find({device_name, {kId, 1}, is_unacknowledged});
    return found == note->ranges().end() ? analyze::SequenceRanges() : found->second;
  }
  [[nodiscard]] std::filesystem::path metrics() const { return folder_.path() / "m"; }
  [[nodiscard]] std::filesystem::path Day(int day) const {
    return metrics() / fmt::format("lake/device=00%3A0f%3A00%3A70%3A91%3A0a/date=2025-10-{:02}/records.parquet", day);
  }

  os::TemporaryFolder folder_;
  probe::ManualClock clock_;
  CleanOptions options_;
};

}  // namespace inferometer::archive
