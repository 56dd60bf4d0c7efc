#pragma once
// A metrics directory and its lake, ready to be asked by SQL.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyze/directory.h"
#include "analyze/verification.h"
#include "inferometer/status.h"
#include "lake/pinned_files.h"
#include "lake/sql_session.h"

namespace inferometer::exchange {

struct QuerySource {
  std::filesystem::path metrics_dir;
  std::filesystem::path lake;  // empty: the folder "lake" of metrics_dir
  std::vector<analyze::ReportedLoss> losses;
  std::optional<std::filesystem::path> output;  // a file that QueryToParquet may write
  std::filesystem::path spill_into;             // as in lake::SqlSessionOptions
  std::function<void(std::size_t, std::size_t)> progress;
  std::string sql;  // as in lake::SqlSessionOptions
};

struct QuerySession {
  lake::SqlSession session;
  std::vector<analyze::Damage> damaged;  // files whose records are not there
  std::filesystem::path lake;
  std::optional<lake::PinnedFiles> pinned;  // of the lake, for as long as they are asked

  // Fails where the lake had more files than can be held open, and changed while it was asked.
  [[nodiscard]] Status CheckUnchanged() const;
};

// Reads the metrics files, and of them what the lake does not have, and what a crash left in journals: as they were at
// one moment, whoever archives or cleans meanwhile. kNotFound without the directory; kUnavailable where the lake
// changed again and again.
[[nodiscard]] Result<QuerySession> OpenQuerySession(const QuerySource& source);

}  // namespace inferometer::exchange
