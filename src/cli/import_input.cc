#include "cli/import_input.h"

#include <array>
#include <fstream>
#include <string>
#include <utility>

#include "os/doorbell.h"
#include "os/input_stream.h"

namespace inferometer::cli {
namespace {

namespace fs = std::filesystem;

Status Copy(const std::string& from, const fs::path& to, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const os::Doorbell bell, os::Doorbell::Make());
  const std::stop_callback ring(stop, [&bell] { bell.Ring(); });
  ASSIGN_OR_RETURN(const os::InputStream input, os::InputStream::Open(from, &bell));
  std::ofstream out(to, std::ios::binary);
  std::array<char, 1 << 16> piece{};
  for (;;) {
    ASSIGN_OR_RETURN(const std::size_t bytes, input.Read(piece));
    if (bytes == 0) break;
    out.write(piece.data(), static_cast<std::streamsize>(bytes));
  }
  out.close();
  return out ? Ok() : Status(Code::kResourceExhausted, to.string() + ": no room for a copy of " + from);
}

}  // namespace

Result<ImportInput> ImportInput::Open(const fs::path& from, const std::stop_token& stop) {
  const bool is_standard_input = from == "-";
  std::error_code error;
  const fs::file_status status = fs::status(from, error);
  // What is not there is for the reader to say.
  if (!is_standard_input && (!fs::exists(status) || fs::is_regular_file(status))) {
    return ImportInput({from, from.string()}, std::nullopt);
  }
  ASSIGN_OR_RETURN(os::TemporaryFiles folder, os::TemporaryFiles::Make("inferometer-import"));
  const fs::path copy = folder.path() / "lines";
  RETURN_IF_ERROR(Copy(from.string(), copy, stop));
  return ImportInput({copy, is_standard_input ? "standard input" : from.string()}, std::move(folder));
}

}  // namespace inferometer::cli
