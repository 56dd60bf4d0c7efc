#pragma once
// Writing a file too long for memory, whole or not at all.

#include <filesystem>
#include <string>
#include <string_view>

#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::os {

// kInvalidArgument where a device, a pipe or a socket has this name: a file that is renamed to it would take its place.
[[nodiscard]] Status CheckReplaceable(const std::filesystem::path& path);

// Fills a temporary file beside `path`, which takes its place at Commit; without a Commit it is removed. After any
// failure only destruction makes sense. Movable; one thread at a time. `calls` must outlive it.
class WholeFileWriter {
 public:
  // Creates the temporary file, so that a path that cannot be written is known before the work.
  [[nodiscard]] static Result<WholeFileWriter> Open(FileCalls& calls, const std::filesystem::path& path);
  WholeFileWriter(WholeFileWriter&& other) noexcept;
  WholeFileWriter& operator=(WholeFileWriter&& other) noexcept;
  ~WholeFileWriter();

  [[nodiscard]] Status Append(std::string_view bytes);
  // When it succeeds what was appended survives a power cut under the temporary name, and can be read back from there.
  [[nodiscard]] Status Sync();
  [[nodiscard]] const std::filesystem::path& temporary() const { return temporary_; }
  // When it succeeds the file stands under its name, and survives a power cut.
  [[nodiscard]] Status Commit();
  // The same at once, and without the promise: a power cut may leave the file torn, or none. For what nobody misses and
  // what tells by itself whether it is whole.
  [[nodiscard]] Status CommitUnsynced();

 private:
  WholeFileWriter(FileCalls& calls, std::filesystem::path path, std::filesystem::path temporary, int fd)
      : calls_(&calls), path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}
  [[nodiscard]] Status Flush();
  [[nodiscard]] Status Write(std::size_t bytes);
  [[nodiscard]] Status Named(const Status& status) const;

  FileCalls* calls_;
  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty once it is renamed
  int fd_;                           // below 0 when closed
  std::string buffer_;
};

}  // namespace inferometer::os
