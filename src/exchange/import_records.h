#pragma once
// Records of other programs, and of the older system, into a metrics directory.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "exchange/foreign_line.h"
#include "exchange/import_target.h"
#include "inferometer/status.h"

namespace inferometer::exchange {

// What could not be taken, beyond so many only counted.
inline constexpr std::size_t kMostProblems = 20;

struct ImportReport {
  std::uint64_t without_inference = 0;  // lines that are good and tell of none
  std::uint64_t problems_count = 0;     // lines, or records, that could not be taken
  std::vector<std::string> problems;    // each names file, line, byte and field
  bool lacked_model = false;            // some line did not say which model it was

  void AddProblem(std::string sentence);
};

// Asked before every line or record; an error ends the import and is returned.
using CheckStop = std::function<Status()>;

// A file of lines, which is read more than once.
struct ImportSource {
  std::filesystem::path file;
  std::string name;  // what errors and the context call it
};

// Which format the first line of the file with something on it is of.
[[nodiscard]] Result<ForeignFormat> GuessFileFormat(const ImportSource& source);

// Every line of a file, each inference under an id made of `device`'s and the line's content, so that the same line
// gives the same records at any time, in a file that has grown, too. The context names the file and its checksum.
[[nodiscard]] Status ImportFile(const ImportSource& source, ForeignFormat format, const ImportedDevice& device,
                                const ForeignDefaults& defaults, const CheckStop& check_stop, ImportTarget& target,
                                ImportReport& report);

// Every record of a metrics directory, of the older system or ours, each once, under the ids they have (the older
// system's have none). A damaged file is a problem.
[[nodiscard]] Status ImportDirectory(const std::filesystem::path& root,
                                     const std::function<void(std::size_t, std::size_t)>& progress,
                                     const CheckStop& check_stop, ImportTarget& target, ImportReport& report);

}  // namespace inferometer::exchange
