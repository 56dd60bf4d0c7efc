#include "lake/file_checksum.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/little_endian.h"
#include "store/checksum.h"

namespace inferometer::lake {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::uint64_t kTailBytes = 8;  // the footer's length, and the magic
constexpr std::uint64_t kMostFooterBytes = std::uint64_t{256} << 20;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
// Between key and value in Thrift's compact protocol: a field of type binary, the next by number, and its length.
constexpr std::array<char, 2> kBeforeValue = {0x18, 0x08};

Result<std::string> ReadPiece(os::FileCalls& files, int fd, std::uint64_t offset, std::size_t bytes) {
  std::string piece(bytes, '\0');
  for (std::size_t have = 0; have < bytes;) {
    ASSIGN_OR_RETURN(const std::size_t got, files.ReadAt(fd, std::span(piece).subspan(have), offset + have));
    if (got == 0) return Status(Code::kDataLoss, "it ends while it is read");
    have += got;
  }
  return piece;
}

struct Digits {
  std::uint64_t offset = 0;
  std::string text;
};

// Where the digits stand; nothing where there are none.
Result<std::optional<Digits>> FindDigits(os::FileCalls& files, int fd, std::uint64_t size) {
  if (size < 2 * kTailBytes) return std::optional<Digits>();
  ASSIGN_OR_RETURN(const std::string tail, ReadPiece(files, fd, size - kTailBytes, kTailBytes));
  const std::uint64_t footer_bytes = base::ReadLittleEndian<std::uint32_t>(tail);
  const bool is_parquet = tail.ends_with(kMagic) && footer_bytes <= std::min(size - kTailBytes, kMostFooterBytes);
  if (!is_parquet) return std::optional<Digits>();
  const std::uint64_t begin = size - kTailBytes - footer_bytes;
  ASSIGN_OR_RETURN(const std::string footer, ReadPiece(files, fd, begin, footer_bytes));
  // The metadata stands at the footer's end, behind names and statistics that come from records.
  const std::string mark = std::string(kChecksumKey).append(kBeforeValue.data(), kBeforeValue.size());
  const std::size_t at = footer.rfind(mark);
  if (at == std::string::npos || footer.size() < at + mark.size() + kNoChecksum.size()) return std::optional<Digits>();
  return std::optional(Digits{begin + at + mark.size(), footer.substr(at + mark.size(), kNoChecksum.size())});
}

// Of the file, as if the digits were kNoChecksum.
Result<std::string> Reckon(os::FileCalls& files, int fd, std::uint64_t size, std::uint64_t digits_offset) {
  std::uint32_t checksum = 0;
  for (std::uint64_t offset = 0; offset < size;) {
    std::uint64_t end = std::min(size, offset + kPieceBytes);
    if (offset < digits_offset) end = std::min(end, digits_offset);
    if (offset == digits_offset) {
      checksum = store::Checksum(kNoChecksum, checksum);
      offset += kNoChecksum.size();
      continue;
    }
    ASSIGN_OR_RETURN(const std::string piece, ReadPiece(files, fd, offset, end - offset));
    checksum = store::Checksum(piece, checksum);
    offset = end;
  }
  return fmt::format("{:08x}", checksum);
}

}  // namespace

Status PutChecksum(os::FileCalls& files, int fd) {
  ASSIGN_OR_RETURN(const std::uint64_t size, files.Size(fd));
  ASSIGN_OR_RETURN(const std::optional<Digits> digits, FindDigits(files, fd, size));
  if (!digits || digits->text != kNoChecksum)
    return {Code::kInternal, "no room for a checksum in the Parquet's footer"};
  ASSIGN_OR_RETURN(const std::string checksum, Reckon(files, fd, size, digits->offset));
  for (std::size_t done = 0; done < checksum.size();) {
    ASSIGN_OR_RETURN(const std::size_t written,
                     files.WriteAt(fd, std::string_view(checksum).substr(done), digits->offset + done));
    if (written == 0) return {Code::kResourceExhausted, "write: no byte was taken"};
    done += written;
  }
  ASSIGN_OR_RETURN(const FileChecksum read_back, ReadChecksum(files, fd));
  return read_back == FileChecksum::kGood ? Ok() : Status(Code::kDataLoss, "its checksum reads back differently");
}

Result<FileChecksum> ReadChecksum(os::FileCalls& files, int fd) {
  ASSIGN_OR_RETURN(const std::uint64_t size, files.Size(fd));
  ASSIGN_OR_RETURN(const std::optional<Digits> digits, FindDigits(files, fd, size));
  if (!digits) return FileChecksum::kNone;
  ASSIGN_OR_RETURN(const std::string checksum, Reckon(files, fd, size, digits->offset));
  return checksum == digits->text ? FileChecksum::kGood : FileChecksum::kBad;
}

Result<FileChecksum> CheckChecksum(const std::filesystem::path& file) {
  os::FileCalls& files = os::SystemFileCalls();
  ASSIGN_OR_RETURN(const int fd, files.Open(file, os::Access::kRead));
  const auto checksum = ReadChecksum(files, fd);
  files.Close(fd).IgnoreBecause("nothing was written");
  if (!checksum.ok()) return Status(checksum.status().code(), file.string() + ": " + checksum.status().message());
  if (*checksum != FileChecksum::kBad) return checksum;
  return Status(
      Code::kDataLoss,
      fmt::format("{}: its bytes are not those that were written, as the checksum in it tells; put a backup in "
                  "its place, or remove it",
                  file.string()));
}

}  // namespace inferometer::lake
