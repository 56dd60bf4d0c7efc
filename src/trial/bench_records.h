#pragma once
// Where the records of a bench are kept: a metrics directory with a folder for each arm, as if it were a device.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analyze/each_record.h"
#include "base/clock.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "os/files.h"
#include "store/context.h"
#include "store/metrics_folder.h"
#include "trial/bench_plan.h"
#include "trial/bench_run.h"

namespace inferometer::trial {

inline constexpr std::string_view kPlanFileName = "bench.json";

// Keeps the records of one run of the program. Each is durable when Keep returns: an arm's newest file is replaced as a
// whole by itself and the record, until it holds kMostInFile. So whatever ends the program, each record stands in one
// file, or was never kept. One thread at a time; whoever writes has locked the folder. `calls` and `clock` must outlive
// it.
class BenchStore {
 public:
  static constexpr std::size_t kMostInFile = 100;

  // `stream`: the recorder's session, for record ids.
  BenchStore(std::filesystem::path folder, std::string device_id, std::uint64_t stream, bool portable_names,
             os::FileCalls& calls, const base::Clock& clock);

  // Must come before the arm's first record; a second load changes nothing but loading_metrics.json.
  [[nodiscard]] Status NoteLoad(const std::string& arm, const store::Context& context, const store::Context& loading);
  // Gives the record its id.
  [[nodiscard]] Status Keep(const std::string& arm, InferenceRecord record);

 private:
  struct Arm {
    store::MetricsFolder folder;
    std::string context;
    std::string file;  // empty: the next record begins one
    std::vector<std::string> lines;
  };

  std::filesystem::path folder_;
  std::string device_id_;
  std::uint64_t stream_;
  bool portable_names_;
  os::FileCalls& calls_;
  const base::Clock& clock_;
  std::uint64_t sequence_ = 0;
  std::map<std::string, Arm> arms_;
};

// Whole runs of a bench, in the order of their files.
struct StoredRun {
  std::size_t arm = 0;
  std::size_t context = 0;  // place in StoredRuns::contexts
  InferenceRecord record;
};
struct StoredRuns {
  std::vector<store::Context> contexts;
  std::vector<StoredRun> runs;
};

// The plan's records in `folder`; others there are passed over. kDataLoss names a damaged file, of which nobody knows
// which runs it held.
[[nodiscard]] Result<StoredRuns> ReadRuns(const std::filesystem::path& folder, const BenchPlan& plan);

// What a bench that goes on need not run again: all but warm-ups. kDataLoss where a run stands twice, or is not of the
// arm that the plan has at its place.
[[nodiscard]] Result<DoneRuns> DoneOf(const StoredRuns& stored, const BenchPlan& plan);

}  // namespace inferometer::trial
