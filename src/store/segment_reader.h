#pragma once
// Reads one segment, believing nothing that its checksums do not confirm.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"
#include "os/files.h"
#include "os/open_file.h"
#include "store/segment_format.h"

namespace inferometer::store {

struct Entry {
  EntryType type = EntryType::kRecord;
  std::uint64_t sequence = 0;
  std::uint64_t offset = 0;  // of its first chunk, in bytes from the beginning of the file
  std::string payload;
};

// How many places of damage are remembered of a segment; all are counted.
inline constexpr std::size_t kMostDamageOffsets = 64;

// What was passed over so far.
struct SegmentDamage {
  std::uint64_t places = 0;              // bad chunks that something good follows
  std::vector<std::uint64_t> offsets{};  // of the first of them, at most kMostDamageOffsets
  bool ends_badly = false;               // nothing good follows the last bad chunk, up to where was read
  std::uint64_t tail_offset = 0;         // of that one
};

// Reads entries in the order of the file, also while somebody else appends to it: what lies beyond the `end` of a call
// is not looked at. One thread at a time. `calls` must outlive it.
class SegmentReader {
 public:
  // Opens the file and reads its header. kNotFound when it is gone; kDataLoss when the header is bad.
  [[nodiscard]] static Result<SegmentReader> Open(os::FileCalls& calls, const std::filesystem::path& path);

  [[nodiscard]] const SegmentHeader& header() const { return header_; }
  // Of the file, now.
  [[nodiscard]] Result<std::uint64_t> Size() const { return file_.Size(); }
  // What seals the segment, if it is `size` bytes long; nothing where that cannot be read.
  [[nodiscard]] std::optional<Seal> ReadSeal(std::uint64_t size) const;
  // Makes durable what an earlier process may have left to the kernel.
  [[nodiscard]] Status SyncData() { return file_.SyncData(); }

  // Goes to an entry's offset, or to kHeaderBytes for the first. Forgets the damage.
  void Seek(std::uint64_t offset);
  // Where the next entry begins, or the end.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

  // The next good entry that ends at `end` or before; false when there is none. An error is of reading the file: the
  // same call may succeed later, and give the same entry.
  [[nodiscard]] Result<bool> Next(std::uint64_t end, Entry& entry);
  // Gives up the rest of the block at offset(), which cannot be read: damage like any other.
  void SkipBlock();

  [[nodiscard]] const SegmentDamage& damage() const { return damage_; }

 private:
  SegmentReader(os::OpenFile file, SegmentHeader header)
      : file_(std::move(file)), header_(std::move(header)), place_{header_.stream, header_.segment} {}
  [[nodiscard]] Status Load(std::uint64_t block, std::uint64_t end);
  [[nodiscard]] bool TakeChunk(const Chunk& chunk, Entry& entry);
  void RewindTo(const Entry& unfinished);
  void NoteBadChunk();
  void NoteGood();

  os::OpenFile file_;
  SegmentHeader header_;
  SegmentPlace place_;
  std::uint64_t offset_ = kHeaderBytes;
  std::string block_;  // the bytes of the file from block_begin_ on
  std::uint64_t block_begin_ = UINT64_MAX;
  bool is_inside_ = false;  // an entry's first parts are in hand
  SegmentDamage damage_;
};

}  // namespace inferometer::store
