#pragma once
// For tests: a whole file system in memory, whose power can go at any call.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "os/files.h"
#include "os/simulated_crash.h"
#include "os/simulated_file.h"
#include "os/simulated_tree.h"

namespace inferometer::os {

enum class CallKind {
  kOpen,
  kReadAt,
  kWriteAt,
  kSyncData,
  kSize,
  kTruncate,
  kAllocate,
  kList,
  kCreateFolder,
  kRoomOf,
  kCreateForWriting,
  kWrite,
  kSync,
  kClose,
  kRename,
  kUnlink,
  kSyncFolder,
};

// The file calls on a disk that keeps apart what programs see and what survives a power cut:
// - Contents and length of a file are durable after Sync or SyncData of it, its name only after SyncFolder of its
//   folder. A change of names (creation, rename, unlink) is atomic.
// - What was not synced survives a Crash in whole, in part or not at all, as CrashMode says.
// - After a failed Sync or SyncData nothing that was unsynced ever becomes durable by another one (AfterFailedSync).
//   After a failed SyncFolder the changes of names stay unsynced.
// - When no block is left, a write takes what has room and the next one fails with ENOSPC; Allocate fails likewise and
//   leaves the file as long as it got. What has its blocks can be written over, and an unlinked file keeps its blocks
//   until it is closed. Without SetCapacity there is 1 GiB for everything.
// Descriptors are never used again, and are none of the real system. There are folders, but no links and no modes; "/"
// is always there. The same calls and choices give the same results. Thread-safe.
class SimulatedDisk final : public FileCalls {
 public:
  // An errno makes the call fail without being carried out, 0 lets it through. The path is the one that was opened for
  // calls on a descriptor, and the target of a rename. Runs under the lock of the disk: it must not call the disk.
  using Fault = std::function<int(CallKind kind, const std::filesystem::path& path)>;

  // Calls made so far while there was power.
  [[nodiscard]] int calls() const;

  // The power goes at the n-th call from now (1: the next one): it is not carried out, but for half the bytes of a
  // write, and everything fails with kInternal until Restart.
  void CrashAtCall(int nth);
  // The power goes now, if it is still there, and this is what survives. Everything fails until Restart.
  void Crash(const Choice& choose, CrashMode mode);
  void Crash(std::uint64_t seed, CrashMode mode) { Crash(SeededChoice(seed), mode); }
  // Descriptors are closed and calls work again. Without a Crash before, only the program was killed: nothing is lost
  // yet, and nothing is durable that was not.
  void Restart();
  // Whether everything fails until Restart.
  [[nodiscard]] bool crashed() const;

  // The n-th call from now fails with `error`, and all after it as well if `for_ever`. Replaces an earlier one.
  void FailCall(int nth, int error, bool for_ever = false);
  void SetFault(Fault fault);
  // Ends FailCall and SetFault.
  void ClearFaults();
  void SetAfterFailedSync(AfterFailedSync after);
  // While on, no read or write of more than one byte takes more than half of what is asked.
  void SetShortTransfers(bool on);

  // Less than is occupied already is allowed: a full disk. In whole blocks of kSimulatedBlockBytes; files and folders
  // take one inode each.
  void SetCapacity(std::uint64_t bytes, std::uint64_t inodes);
  // While on, changes fail with EROFS, and so do syncs of what is not durable.
  void SetReadOnly(bool on);

  // The methods from here to the calls are no calls: never counted, never failing by a fault, working without power.

  // A durable file with its folders, in place of an older one. Fails where a file stands in the way of a folder or the
  // other way round.
  Status Put(const std::filesystem::path& path, std::string bytes);
  // A durable folder with those above it.
  Status PutFolder(const std::filesystem::path& folder);
  // As programs read it; nothing where no file stands.
  [[nodiscard]] std::optional<std::string> Bytes(const std::filesystem::path& path) const;
  // As it would be read after a crash that drops everything.
  [[nodiscard]] std::optional<std::string> DurableBytes(const std::filesystem::path& path) const;
  // As programs list them, sorted; empty where no folder stands.
  [[nodiscard]] std::vector<std::string> Names(const std::filesystem::path& folder) const;
  // Damages a file; what was unsynced of it is durable afterwards. Bit 0 is the lowest of the first byte. Fails where
  // the file is not that long.
  Status FlipBit(const std::filesystem::path& path, std::uint64_t bit);
  Status TruncateTo(const std::filesystem::path& path, std::uint64_t bytes);

  Result<int> Open(const std::filesystem::path& path, Access access) override;
  Result<std::size_t> ReadAt(int fd, std::span<char> into, std::uint64_t offset) override;
  Result<std::size_t> WriteAt(int fd, std::string_view bytes, std::uint64_t offset) override;
  Status SyncData(int fd) override;
  Result<std::uint64_t> Size(int fd) override;
  Status Truncate(int fd, std::uint64_t bytes) override;
  Status Allocate(int fd, std::uint64_t bytes) override;
  Result<std::vector<std::string>> List(const std::filesystem::path& folder) override;
  Status CreateFolder(const std::filesystem::path& folder) override;
  Result<Room> RoomOf(const std::filesystem::path& folder) override;
  Result<int> CreateForWriting(const std::filesystem::path& path) override;
  Result<std::size_t> Write(int fd, std::string_view bytes) override;
  Status Sync(int fd) override;
  Status Close(int fd) override;
  Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Status Unlink(const std::filesystem::path& path) override;
  Status SyncFolder(const std::filesystem::path& folder) override;

 private:
  struct Descriptor {
    NodeNumber node = kNoNode;
    std::filesystem::path path;
    bool readable = false;
    bool writable = false;
    std::uint64_t position = 0;  // for Write
  };
  struct CountedFault {
    int calls_left = 0;  // the call that makes it 0 fails
    int error = 0;
    bool for_ever = false;
  };

  // Counts the call, and says why it is not carried out.
  Status Begin(CallKind kind, const std::filesystem::path& path);
  Status BeginOn(CallKind kind, int fd);
  int NextFault(CallKind kind, const std::filesystem::path& path);
  Result<Descriptor*> Opened(int fd);
  Result<Descriptor*> OpenedForWriting(int fd);
  int NewDescriptor(NodeNumber node, const std::filesystem::path& path, bool readable, bool writable);
  Result<NodeNumber> Created(const std::filesystem::path& path, bool is_folder);
  // Without an offset: where the descriptor is, which moves on.
  Result<std::size_t> WriteSomewhere(CallKind kind, int fd, std::string_view bytes,
                                     std::optional<std::uint64_t> offset);
  Result<std::size_t> Store(int fd, std::string_view bytes, std::optional<std::uint64_t> offset);
  Status SyncFile(CallKind kind, int fd);
  [[nodiscard]] std::size_t Transferred(std::size_t asked) const;

  SimulatedFile& FileOf(const Descriptor& opened) { return tree_.Node(opened.node).file; }
  Result<SimulatedFile*> FileAt(const std::filesystem::path& path);
  Result<NodeNumber> PutNode(const std::filesystem::path& path, bool is_folder);
  [[nodiscard]] std::set<NodeNumber> InUse() const;
  [[nodiscard]] std::set<NodeNumber> OpenNodes() const;
  [[nodiscard]] std::uint64_t FreeBlocks() const;
  [[nodiscard]] std::uint64_t FreeInodes() const;
  void DropUnusedNodes();
  [[nodiscard]] CrashPlan PlanCrash(const Choice& choose, CrashMode mode) const;
  [[nodiscard]] std::uint64_t ChooseCut(const Choice& choose) const;
  [[nodiscard]] std::vector<std::string_view> StaleFor(NodeNumber file) const;

  mutable std::mutex mutex_;  // of all below
  SimulatedTree tree_;
  std::map<int, Descriptor> descriptors_;
  int next_fd_ = 1'000'000;
  std::uint64_t moment_ = 0;
  int calls_ = 0;
  bool crashed_ = false;
  std::optional<int> calls_to_crash_;
  std::optional<CountedFault> counted_fault_;
  Fault fault_;
  AfterFailedSync after_failed_sync_ = AfterFailedSync::kReadsNew;
  bool short_transfers_ = false;
  bool read_only_ = false;
  std::uint64_t most_blocks_ = (std::uint64_t{1} << 30) / kSimulatedBlockBytes;
  std::uint64_t most_inodes_ = std::uint64_t{1} << 20;
  std::vector<std::string> removed_contents_;  // the latest, for stale blocks
};

}  // namespace inferometer::os
