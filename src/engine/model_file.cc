#include "engine/model_file.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/units.h"
#include "os/files.h"

namespace inferometer::engine {
namespace {

constexpr std::string_view kMagic = "GGUF";

std::optional<std::uint64_t> AvailableBytes(const std::filesystem::path& procfs) {
  const auto meminfo = os::ReadFile(procfs / "meminfo", 65536);
  if (!meminfo.ok()) return std::nullopt;
  constexpr std::string_view kKey = "MemAvailable:";
  const std::size_t line = meminfo->find(kKey);
  if (line == std::string::npos) return std::nullopt;
  const std::size_t digits = meminfo->find_first_not_of(' ', line + kKey.size());
  if (digits == std::string::npos) return std::nullopt;
  std::uint64_t kib = 0;
  const char* end = meminfo->data() + meminfo->size();
  if (std::from_chars(meminfo->data() + digits, end, kib).ec != std::errc()) return std::nullopt;
  return kib * 1024;
}

Status CheckMagic(const std::filesystem::path& path) {
  auto file = os::KeptFile::Open(path);
  RETURN_IF_ERROR(file.status());
  char buffer[4];
  ASSIGN_OR_RETURN(const std::string_view head, file->Read(buffer));
  if (head == kMagic) return Ok();
  return {Code::kInvalidArgument,
          path.string() +
              " is not a GGUF model (it does not begin with \"GGUF\"); convert or download one that ends in .gguf"};
}

}  // namespace

Result<ModelFile> InspectModelFile(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return {Code::kNotFound, "no model at " + path.string() + "; give the path of a GGUF file with --model"};
  }
  if (std::filesystem::is_directory(status)) {
    return {Code::kInvalidArgument, path.string() + " is a folder; give the path of the GGUF file in it"};
  }
  RETURN_IF_ERROR(CheckMagic(path));
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (error) return {Code::kInvalidArgument, path.string() + ": " + error.message()};
  const bool has_ending = path.extension() == ".gguf";
  return ModelFile{path, size, has_ending ? path.stem().string() : path.filename().string()};
}

Status CheckFitsInMemory(const ModelFile& file, const std::filesystem::path& procfs) {
  const auto available = AvailableBytes(procfs);
  if (!available || file.size_bytes <= *available) return Ok();
  return {
      Code::kResourceExhausted,
      fmt::format(
          "{} does not fit in memory: its weights take {:.0f} MB and {:.0f} MB are available; use a smaller model or "
          "quantisation, or free memory",
          file.path.string(), base::Mb(file.size_bytes), base::Mb(*available))};
}

}  // namespace inferometer::engine
