#include "cli/named_lake.h"

#include <fmt/format.h>

#include <system_error>

namespace inferometer::cli {

Status CheckNamedLake(const std::filesystem::path& lake) {
  std::error_code error;
  if (lake.empty() || std::filesystem::is_directory(lake, error)) return Ok();
  return {Code::kNotFound, fmt::format("--lake {}: no such folder; name the one that `inferometer archive` filled, or "
                                       "leave --lake out for lake in the metrics directory",
                                       lake.string())};
}

}  // namespace inferometer::cli
