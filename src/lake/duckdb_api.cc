#include "lake/duckdb_api.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "os/shared_library.h"

namespace inferometer::lake {
namespace {

// Found by the program's RUNPATH (its own folder first), then where the system looks.
constexpr const char* kLibrary = "libduckdb.so";
constexpr std::string_view kRelease = "v1.5.";  // the C interface and the Parquet writer's options are those of 1.5
constexpr const char* kNextStep = "put libduckdb.so of DuckDB 1.5 beside the program, or set LD_LIBRARY_PATH";

struct LoadedDuckDb {
  os::SharedLibrary library;
  DuckDbApi api;
};

// The functions' names, and where each is kept.
auto MembersOf(DuckDbApi& api) {
#define INFEROMETER_DUCKDB_MEMBER(name) std::pair<const char*, void*>("duckdb_" #name, &api.name),
  return std::to_array({INFEROMETER_DUCKDB_FUNCTIONS(INFEROMETER_DUCKDB_MEMBER)});
#undef INFEROMETER_DUCKDB_MEMBER
}

Status Unavailable(std::string_view what) { return {Code::kUnavailable, fmt::format("{}; {}", what, kNextStep)}; }

Result<LoadedDuckDb> Load() {
  auto library = os::SharedLibrary::Open(kLibrary);
  if (!library.ok()) return Unavailable("DuckDB cannot be loaded: " + library.status().message());
  DuckDbApi api;
  for (const auto& [name, member] : MembersOf(api)) {
    void* symbol = library->Symbol(name);
    if (symbol == nullptr) return Unavailable(fmt::format("{} has no {}", kLibrary, name));
    std::memcpy(member, &symbol, sizeof symbol);
  }
  const std::string_view version = api.library_version();
  if (!version.starts_with(kRelease)) return Unavailable(fmt::format("{} is DuckDB {}", kLibrary, version));
  return LoadedDuckDb{std::move(*library), api};
}

}  // namespace

Result<const DuckDbApi*> LoadDuckDb() {
  // Never unloaded: its threads and what it registered at exit live as long as the process.
  static const auto* const loaded = new Result<LoadedDuckDb>(Load());
  if (!loaded->ok()) return loaded->status();
  return &loaded->value().api;
}

}  // namespace inferometer::lake
