#include "oracle.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

namespace inferometer::faults {

Result<Oracle> Oracle::Create(const std::filesystem::path& path, std::size_t bytes) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Status(Code::kUnavailable, path.string() + ": cannot be made");
  void* mapped = MAP_FAILED;
  if (::posix_fallocate(file, 0, static_cast<off_t>(bytes)) == 0) {
    mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
  }
  ::close(file);
  if (mapped == MAP_FAILED) return Status(Code::kUnavailable, path.string() + ": cannot be mapped");
  return Oracle(static_cast<char*>(mapped), bytes);
}

Oracle::Oracle(Oracle&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(other.size_), end_(other.end_), durable_(other.durable_) {}

Oracle::~Oracle() {
  if (bytes_ != nullptr) ::munmap(bytes_, size_);
}

void Oracle::Offered(std::string_view record_line) { Append(fmt::format("offered {}\n", record_line)); }

void Oracle::Durable(std::string_view stream, std::uint64_t sequence) {
  if (sequence == std::exchange(durable_, sequence)) return;
  Append(fmt::format("durable {} {}\n", stream, sequence));
}

// The checker must not be told less than what happened: a full oracle ends the test.
void Oracle::Append(std::string_view line) {
  if (line.size() > size_ - end_) {
    fmt::print(stderr, "the oracle is full: give it room for more records\n");
    std::abort();
  }
  std::memcpy(bytes_ + end_, line.data(), line.size());
  end_ += line.size();
}

}  // namespace inferometer::faults
