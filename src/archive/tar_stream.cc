#include "archive/tar_stream.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "archive/tar_library.h"
#include "os/files.h"
#include "store/checksum.h"

namespace inferometer::archive {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = std::size_t{1} << 18;

struct WriteEnd {
  const TarLibrary* library;
  void operator()(struct ::archive* tar) const { library->write_free(tar); }
};
struct ReadEnd {
  const TarLibrary* library;
  void operator()(struct ::archive* tar) const { library->read_free(tar); }
};
struct EntryEnd {
  const TarLibrary* library;
  void operator()(struct ::archive_entry* entry) const { library->entry_free(entry); }
};
using Entry = std::unique_ptr<struct ::archive_entry, EntryEnd>;

Status FailureOf(const TarLibrary& library, struct ::archive* tar) {
  const char* why = library.error_string(tar);
  return {Code::kInternal, fmt::format("tar: {}", why == nullptr ? "out of memory" : why)};
}

// A descriptor for reading, closed with it.
class ReadFd {
 public:
  explicit ReadFd(int fd) : fd_(fd) {}
  ~ReadFd() { os::SystemFileCalls().Close(fd_).IgnoreBecause("nothing was written"); }
  ReadFd(const ReadFd&) = delete;
  ReadFd& operator=(const ReadFd&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

// Nothing where it is not there any more, or of another kind.
std::optional<struct stat> StatOf(const fs::path& path, mode_t kind) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0 || (found.st_mode & S_IFMT) != kind) return std::nullopt;
  return found;
}

Entry MakeEntry(const TarLibrary& library, const std::string& name, const struct stat& found, std::uint64_t bytes) {
  Entry entry(library.entry_new(), EntryEnd{&library});
  library.entry_copy_stat(entry.get(), &found);
  library.entry_copy_pathname(entry.get(), name.c_str());
  library.entry_set_nlink(entry.get(), 1);  // each name is a file of its own
  library.entry_set_size(entry.get(), static_cast<std::int64_t>(bytes));
  return entry;
}

int AddFilter(const TarLibrary& library, struct ::archive* tar, Compression compression) {
  switch (compression) {
    case Compression::kNone: return library.write_add_filter_none(tar);
    case Compression::kGzip: return library.write_add_filter_gzip(tar);
    case Compression::kZstd: return library.write_add_filter_zstd(tar);
  }
  return ARCHIVE_FATAL;
}

}  // namespace

struct TarWriter::State {
  explicit State(const TarLibrary& found) : library(found), tar(library.write_new(), WriteEnd{&library}) {}

  // What libarchive hands on.
  static ssize_t Take(struct ::archive*, void* self, const void* bytes, std::size_t count) {
    auto& state = *static_cast<State*>(self);
    if (state.failure.ok()) state.failure = state.sink({static_cast<const char*>(bytes), count});
    return state.failure.ok() ? static_cast<ssize_t>(count) : -1;
  }
  Status Check(std::int64_t result) const {
    if (result >= ARCHIVE_WARN) return Ok();
    return failure.ok() ? FailureOf(library, tar.get()) : failure;
  }
  Status Data(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t taken = library.write_data(tar.get(), bytes.data(), bytes.size());
      if (taken <= 0) return Check(taken < 0 ? taken : ARCHIVE_FATAL);
      bytes.remove_prefix(static_cast<std::size_t>(taken));
    }
    return Ok();
  }

  const TarLibrary& library;
  std::unique_ptr<struct ::archive, WriteEnd> tar;
  std::function<Status(std::string_view)> sink;
  Status failure;  // of the sink
  std::vector<TarEntry> entries;
  std::string piece = std::string(kPieceBytes, '\0');
};

TarWriter::TarWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarWriter::~TarWriter() {
  // What libarchive still holds is for nobody: freeing would write it.
  if (state_ && state_->failure.ok()) state_->failure = {Code::kCancelled, "given up"};
}
TarWriter::TarWriter(TarWriter&&) noexcept = default;

Result<TarWriter> TarWriter::Open(Compression compression, std::function<Status(std::string_view)> sink) {
  ASSIGN_OR_RETURN(const TarLibrary* found, TarLibrary::Get());
  const TarLibrary& library = *found;
  auto state = std::make_unique<State>(library);
  state->sink = std::move(sink);
  struct ::archive* const tar = state->tar.get();
  if (tar == nullptr) return Status(Code::kResourceExhausted, "tar: out of memory");
  const bool is_open =
      library.write_set_format_gnutar(tar) == ARCHIVE_OK && AddFilter(library, tar, compression) == ARCHIVE_OK &&
      library.write_set_bytes_in_last_block(tar, 1) == ARCHIVE_OK &&  // no zeros behind a compressed stream
      library.write_open(tar, state.get(), nullptr, State::Take, nullptr) == ARCHIVE_OK;
  if (!is_open) return state->Check(ARCHIVE_FATAL);
  return TarWriter(std::move(state));
}

Result<TarWriter::Added> TarWriter::AddFile(const fs::path& file, const std::string& name) {
  os::FileCalls& calls = os::SystemFileCalls();
  const auto found = StatOf(file, S_IFREG);
  const auto fd = found ? calls.Open(file, os::Access::kRead) : Result<int>(Code::kNotFound, "gone");
  const bool is_gone = fd.status().code() == Code::kNotFound;
  if (!fd.ok()) return Added{false, 0, is_gone ? "it went meanwhile" : fd.status().message()};
  const ReadFd open(*fd);
  ASSIGN_OR_RETURN(const std::uint64_t size, calls.Size(open.get()));
  const Entry entry = MakeEntry(state_->library, name, *found, size);
  RETURN_IF_ERROR(state_->Check(state_->library.write_header(state_->tar.get(), entry.get())));
  Added added{true, size, {}};
  TarEntry noted{name, size, 0};
  for (std::uint64_t offset = 0; offset < size;) {
    const std::size_t wanted = std::min<std::uint64_t>(kPieceBytes, size - offset);
    const auto got = calls.ReadAt(open.get(), std::span(state_->piece).first(wanted), offset);
    std::size_t count = got.ok() ? *got : 0;
    if (count == 0) {
      added.why = got.ok() ? fmt::format("it was cut at byte {} meanwhile; zeros stand behind", offset)
                           : fmt::format("{}; zeros stand from byte {} on", got.status().message(), offset);
      std::fill(state_->piece.begin(), state_->piece.end(), '\0');
      count = wanted;
    }
    const std::string_view bytes(state_->piece.data(), count);
    noted.checksum = store::Checksum(bytes, noted.checksum);
    RETURN_IF_ERROR(state_->Data(bytes));
    offset += count;
  }
  RETURN_IF_ERROR(state_->Check(state_->library.write_finish_entry(state_->tar.get())));
  state_->entries.push_back(std::move(noted));
  return added;
}

Status TarWriter::AddFolder(const fs::path& folder, const std::string& name) {
  const auto found = StatOf(folder, S_IFDIR);
  if (!found) return Ok();
  const Entry entry = MakeEntry(state_->library, name + "/", *found, 0);
  return state_->Check(state_->library.write_header(state_->tar.get(), entry.get()));
}

Status TarWriter::Finish() { return state_->Check(state_->library.write_close(state_->tar.get())); }

const std::vector<TarEntry>& TarWriter::entries() const { return state_->entries; }

Status CompareTar(const fs::path& tar, const std::vector<TarEntry>& entries) {
  const auto differs = [&](const std::string& what) {
    return Status(Code::kDataLoss,
                  fmt::format("{}: {} reads back differently than it was written; the disk or the memory "
                              "is faulty. No backup was made",
                              tar.string(), what));
  };
  ASSIGN_OR_RETURN(const TarLibrary* found, TarLibrary::Get());
  const TarLibrary& library = *found;
  const std::unique_ptr<struct ::archive, ReadEnd> reader(library.read_new(), ReadEnd{&library});
  library.read_support_format_tar(reader.get());
  library.read_support_format_empty(reader.get());
  library.read_support_filter_all(reader.get());
  if (library.read_open_filename(reader.get(), tar.c_str(), kPieceBytes) != ARCHIVE_OK)
    return FailureOf(library, reader.get());
  std::string piece(kPieceBytes, '\0');
  std::size_t next = 0;
  struct ::archive_entry* entry = nullptr;
  int result = ARCHIVE_OK;
  while ((result = library.read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    if (library.entry_filetype(entry) == AE_IFDIR) continue;
    if (next == entries.size()) return differs("its end");
    TarEntry read{library.entry_pathname(entry), 0, 0};
    ssize_t got = 0;
    while ((got = library.read_data(reader.get(), piece.data(), piece.size())) > 0) {
      const std::string_view bytes(piece.data(), static_cast<std::size_t>(got));
      read.checksum = store::Checksum(bytes, read.checksum);
      read.bytes += bytes.size();
    }
    const TarEntry& noted = entries[next++];
    const bool is_same =
        got == 0 && read.name == noted.name && read.bytes == noted.bytes && read.checksum == noted.checksum;
    if (!is_same) return differs(noted.name);
  }
  return result == ARCHIVE_EOF && next == entries.size() ? Ok() : differs("its end");
}

}  // namespace inferometer::archive
