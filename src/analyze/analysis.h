#pragma once
// The answer of `inferometer analyze`: every group of records of a metrics directory, and what was wrong with it.

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/directory.h"
#include "analyze/sample.h"
#include "analyze/statistics.h"
#include "inferometer/status.h"

namespace inferometer::analyze {

// The version of the answers' layout.
inline constexpr int kSchemaVersion = 1;

// A summary block that says something else than the records of its file.
struct Disagreement {
  std::string file;
  std::string field;  // "inference_time_ms.avg"
  double summary = 0;
  std::optional<double> records;  // nothing where the records do not give it
};

// One device and model, with energies of one kind. Every record counts once, in however many files it stands.
struct Group {
  GroupKey key;
  std::size_t total_inferences = 0;  // the failed ones too, as in the files
  std::size_t failed_inferences = 0;
  std::array<std::optional<Spread>, kBlocks> spreads;
  std::optional<EnergyUncertainty> energy_uncertainty;
  std::optional<double> load_time_seconds;  // of the newest load in a folder of this name

  [[nodiscard]] const std::optional<Spread>& Of(Block block) const { return spreads[static_cast<std::size_t>(block)]; }
};

struct Analysis {
  std::vector<Group> groups;                // sorted by key
  std::size_t files_read = 0;               // metrics files and files of the lake without damage
  std::vector<Damage> damaged;              // sorted by file
  std::vector<Disagreement> disagreements;  // in the order of the files
};

struct AnalyzeOptions {
  std::filesystem::path lake;  // empty: the folder "lake" of the metrics directory, where there is one
  unsigned threads = 0;        // 0: one a core
  // Names the program, so that an index of another one is not used; empty: no index is used (analyze/reading_index.h).
  std::string index_maker;
  std::uint64_t least_indexed_bytes = std::uint64_t{8} << 20;  // fewer are read as quickly as an index of them
  std::size_t lake_numbers_kept = 0;  // of 8 bytes each, while the lake is read; 0: 12 Mi (analyze/lake_groups.h)
  // Called now and then from one thread or another, never two at once, with the number of files done and of all.
  std::function<void(std::size_t, std::size_t)> progress;
};

// Reads every metrics file and every file of the lake once. A file that is damaged anywhere is left out whole and
// named. The answer is the same whatever the number of threads and the order in which the system lists files. Memory:
// one file a thread, and at most 120 bytes a record of the metrics files; the lake's records take none, however many
// they are.
[[nodiscard]] Result<Analysis> Analyze(const std::filesystem::path& root, const AnalyzeOptions& options);

// Whether `asked` is the device's name or, in any case of letters, its id.
[[nodiscard]] bool IsDevice(std::string_view device_id, std::string_view device_name, std::string_view asked);

// The groups whose device this is.
[[nodiscard]] std::vector<Group> GroupsOfDevice(const std::vector<Group>& groups, std::string_view device);

}  // namespace inferometer::analyze
