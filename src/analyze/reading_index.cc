#include "analyze/reading_index.h"

#include <algorithm>
#include <map>
#include <utility>

#include "analyze/fingerprint.h"
#include "analyze/index_bytes.h"
#include "analyze/index_entry.h"
#include "os/open_file.h"
#include "os/whole_file_writer.h"
#include "store/checksum.h"

namespace inferometer::analyze {
namespace {

constexpr std::string_view kMagic = "inferometer index 4\n";
constexpr std::int64_t kSecondNs = 1'000'000'000;
// How long after a change another one surely has another time: file systems count in ticks of 10 ms at most, or in
// whole seconds, FAT in two of them.
constexpr std::int64_t kTickNs = 20'000'000;
constexpr std::int64_t kWholeSecondsNs = 3 * kSecondNs;
constexpr std::size_t kTrailerBytes = sizeof(std::uint64_t) * 2 + sizeof(std::uint32_t);

struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t checksum = 0;
};

struct Entry {
  os::FileIdentity identity;
  Extent extent;
};

void AppendIdentity(const os::FileIdentity& identity, IndexWriter& out) {
  out.Number(identity.bytes);
  out.Number(identity.modified_ns);
  out.Number(identity.changed_ns);
  out.Number(identity.inode);
}

os::FileIdentity ReadIdentity(IndexReader& in) {
  os::FileIdentity identity;
  identity.bytes = in.Number<std::uint64_t>();
  identity.modified_ns = in.Number<std::int64_t>();
  identity.changed_ns = in.Number<std::int64_t>();
  identity.inode = in.Number<std::uint64_t>();
  return identity;
}

void AppendExtent(const Extent& extent, IndexWriter& out) {
  out.Number(extent.offset);
  out.Number(extent.bytes);
  out.Number(extent.checksum);
}

Extent ReadExtent(IndexReader& in) {
  Extent extent;
  extent.offset = in.Number<std::uint64_t>();
  extent.bytes = in.Number<std::uint64_t>();
  extent.checksum = in.Number<std::uint32_t>();
  return extent;
}

constexpr std::size_t kLeastEntryBytes = 4 + 4 * 8 + 2 * 8 + 4;

}  // namespace

// What a former analysis left.
struct ReadingIndex::Old {
  // False for what is no index of this maker.
  bool Read(os::FileCalls& calls, const std::filesystem::path& path, std::string_view maker) {
    if (!os::IdentityOf(path)) return false;  // a pipe would wait for ever
    auto opened = os::OpenFile::Open(calls, path, os::Access::kRead);
    if (!opened.ok()) return false;
    file.emplace(std::move(opened).value());
    const auto bytes = file->Size();
    if (!bytes.ok() || *bytes < kTrailerBytes) return false;
    size = *bytes;
    std::string trailer;
    trailer.resize(kTrailerBytes);
    if (!file->ReadExactlyAt(trailer, size - kTrailerBytes).ok()) return false;
    IndexReader in(trailer);
    std::string text;
    return Fetch(ReadExtent(in), text) && ReadDirectory(text, maker);
  }

  bool ReadDirectory(std::string_view text, std::string_view maker) {
    IndexReader in(text);
    if (in.Text() != kMagic || in.Text() != maker) return false;
    state = in.Text();
    answer = ReadExtent(in);
    for (std::size_t i = in.Count(kLeastEntryBytes); i > 0 && in.ok(); --i) {
      std::string name(in.Text());
      const os::FileIdentity identity = ReadIdentity(in);
      entries[std::move(name)] = {identity, ReadExtent(in)};
    }
    return in.is_at_end();
  }

  // False where it is not what was written there.
  bool Fetch(const Extent& extent, std::string& into) const {
    if (extent.bytes > size || extent.offset > size - extent.bytes) return false;
    into.resize(extent.bytes);
    return file->ReadExactlyAt(into, extent.offset).ok() && store::Checksum(into) == extent.checksum;
  }

  std::optional<os::OpenFile> file;
  std::uint64_t size = 0;
  std::string state;
  Extent answer;
  std::map<std::string, Entry> entries;  // by the file's name under the root
};

// What the next analysis will find. After a failure it is given up.
struct ReadingIndex::New {
  New(os::WholeFileWriter opened, std::int64_t file_system_now_ns)
      : writer(std::move(opened)), now_ns(file_system_now_ns) {}

  Extent Append(std::string_view bytes) {
    const Extent extent{size, bytes.size(), store::Checksum(bytes)};
    if (status.ok()) status = writer.Append(bytes);
    size += bytes.size();
    return extent;
  }

  os::WholeFileWriter writer;
  std::int64_t now_ns;  // by the file system's own clock, before anything was read
  Status status;
  std::uint64_t size = 0;
  std::map<std::string, Entry> entries;
};

ReadingIndex::ReadingIndex(os::FileCalls& calls, const std::filesystem::path& root, std::string_view maker,
                           const AnalyzedFiles& files, std::uint64_t least_bytes)
    : calls_(calls), root_(root), files_(files), maker_(maker) {
  std::uint64_t bytes = 0;
  IndexWriter state(state_);
  Hasher hasher;
  const auto take = [&](const std::filesystem::path& path, std::vector<std::optional<os::FileIdentity>>& identities) {
    identities.push_back(os::IdentityOf(path));
    const os::FileIdentity identity = identities.back().value_or(os::FileIdentity());
    bytes += identity.bytes;
    hasher.Add(std::string_view(path.native()).substr(std::min(path.native().size(), root.native().size())));
    for (const std::uint64_t word : {identity.bytes, static_cast<std::uint64_t>(identity.modified_ns),
                                     static_cast<std::uint64_t>(identity.changed_ns), identity.inode}) {
      hasher.Add(word);
    }
  };
  for (const FoundFile& file : files_.metrics) take(file.path, identities_);
  for (const std::filesystem::path& file : files_.others) take(file, other_identities_);
  hasher.Add(std::string_view(files_.circumstances));
  const Fingerprint hash = hasher.Finish();
  state.Number(hash.low);
  state.Number(hash.high);
  is_worth_it_ = bytes >= least_bytes;
  old_ = std::make_unique<Old>();
  if (!is_worth_it_ || !old_->Read(calls_, root_ / kIndexFile, maker_)) old_.reset();
}

ReadingIndex::~ReadingIndex() = default;

std::optional<Analysis> ReadingIndex::Answer() {
  std::string text;
  if (!old_ || old_->state != state_ || !old_->Fetch(old_->answer, text)) return std::nullopt;
  return ReadAnswer(text, root_.native());
}

void ReadingIndex::Begin() {
  new_.reset();
  if (!is_worth_it_) return;
  auto writer = os::WholeFileWriter::Open(calls_, root_ / kIndexFile);
  if (!writer.ok()) return;  // a directory for reading only
  const auto now = os::IdentityOf(writer->temporary());
  if (now) new_ = std::make_unique<New>(std::move(writer).value(), now->changed_ns);
}

// Whether a change after it was looked at would show.
bool ReadingIndex::IsSettled(const std::optional<os::FileIdentity>& identity) const {
  if (!identity) return false;
  const std::int64_t latest_ns = std::max(identity->changed_ns, identity->modified_ns);
  const bool counts_seconds = identity->changed_ns % kSecondNs == 0 || identity->modified_ns % kSecondNs == 0;
  return latest_ns < new_->now_ns - (counts_seconds ? kWholeSecondsNs : kTickNs);
}

std::string ReadingIndex::NameOf(std::size_t file) const {
  return files_.metrics[file].path.native().substr(root_.native().size());
}

bool ReadingIndex::Find(std::size_t file, std::string& entry) const {
  if (!old_ || !identities_[file]) return false;
  const auto found = old_->entries.find(NameOf(file));
  return found != old_->entries.end() && found->second.identity == *identities_[file] &&
         old_->Fetch(found->second.extent, entry);
}

bool ReadingIndex::Wants(std::size_t file) const { return new_ && IsSettled(identities_[file]); }

void ReadingIndex::Keep(std::size_t file, std::string_view entry) {
  if (Wants(file)) new_->entries[NameOf(file)] = {*identities_[file], new_->Append(entry)};
}

void ReadingIndex::Finish(const Analysis& analysis) {
  if (!new_) return;
  const auto is_settled = [&](const auto& identity) { return IsSettled(identity); };
  const bool is_whole = analysis.damaged.empty() && std::all_of(identities_.begin(), identities_.end(), is_settled) &&
                        std::all_of(other_identities_.begin(), other_identities_.end(), is_settled);
  std::string answer;
  if (is_whole) AppendAnswer(analysis, root_.native(), answer);
  const Extent extent = new_->Append(answer);
  std::string directory;
  IndexWriter out(directory);
  out.Text(kMagic);
  out.Text(maker_);
  out.Text(is_whole ? std::string_view(state_) : std::string_view());
  AppendExtent(extent, out);
  out.Number(std::uint64_t{new_->entries.size()});
  for (const auto& [name, entry] : new_->entries) {
    out.Text(name);
    AppendIdentity(entry.identity, out);
    AppendExtent(entry.extent, out);
  }
  std::string trailer;
  IndexWriter end(trailer);
  AppendExtent(new_->Append(directory), end);
  static_cast<void>(new_->Append(trailer));
  if (new_->status.ok()) new_->writer.CommitUnsynced().IgnoreBecause("an index is never needed");
  new_.reset();
}

}  // namespace inferometer::analyze
