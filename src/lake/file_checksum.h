#pragma once
// The checksum that a file of the lake carries of itself: an entry of the Parquet footer's key-value metadata, which
// every reader passes over. It came with the file's name in one rename, so that no crash parts them.

#include <filesystem>
#include <string>
#include <string_view>

#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::lake {

// The entry's value is the CRC-32 of the whole file, 8 hexadecimal digits, reckoned with "00000000" in their place.
inline constexpr std::string_view kChecksumKey = "inferometer_crc32";
inline constexpr std::string_view kNoChecksum = "00000000";

enum class FileChecksum {
  kGood,
  kNone,  // of another program, of an earlier release, or no Parquet at all
  kBad,   // bytes of it are not those that were written
};

// Puts the right digits into a file that was written with kNoChecksum. Not durable yet. `fd` is open for both.
[[nodiscard]] Status PutChecksum(os::FileCalls& files, int fd);

// Reads all of the file that `fd` is open for. An error: it cannot be read now.
[[nodiscard]] Result<FileChecksum> ReadChecksum(os::FileCalls& files, int fd);
// kDataLoss, naming the file, where it is damaged.
[[nodiscard]] Result<FileChecksum> CheckChecksum(const std::filesystem::path& file);

}  // namespace inferometer::lake
