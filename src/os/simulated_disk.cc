#include "os/simulated_disk.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace inferometer::os {
namespace {

constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 30;

using Lock = std::lock_guard<std::mutex>;

}  // namespace

Status SimulatedDisk::Begin(CallKind kind, const std::filesystem::path& path) {
  if (crashed_) return {Code::kInternal, path.string() + ": crashed"};
  ++calls_;
  if (calls_to_crash_ && --*calls_to_crash_ == 0) {
    crashed_ = true;
    return {Code::kInternal, path.string() + ": crashed"};
  }
  const int error = NextFault(kind, path);
  return error == 0 ? Ok() : ErrnoStatus(error, path.string());
}

Status SimulatedDisk::BeginOn(CallKind kind, int fd) {
  const auto found = descriptors_.find(fd);
  return Begin(kind, found == descriptors_.end() ? std::filesystem::path() : found->second.path);
}

int SimulatedDisk::NextFault(CallKind kind, const std::filesystem::path& path) {
  const int error = fault_ ? fault_(kind, path) : 0;
  if (!counted_fault_ || --counted_fault_->calls_left > 0) return error;
  const CountedFault now = *counted_fault_;
  if (!now.for_ever) counted_fault_.reset();
  return now.error;
}

Result<SimulatedDisk::Descriptor*> SimulatedDisk::Opened(int fd) {
  const auto found = descriptors_.find(fd);
  if (found == descriptors_.end()) return ErrnoStatus(EBADF, "descriptor " + std::to_string(fd));
  return &found->second;
}

Result<SimulatedDisk::Descriptor*> SimulatedDisk::OpenedForWriting(int fd) {
  ASSIGN_OR_RETURN(Descriptor* const opened, Opened(fd));
  if (!opened->writable) return ErrnoStatus(EBADF, opened->path.string());
  if (read_only_) return ErrnoStatus(EROFS, opened->path.string());
  return opened;
}

int SimulatedDisk::NewDescriptor(NodeNumber node, const std::filesystem::path& path, bool readable, bool writable) {
  descriptors_[next_fd_] = {.node = node, .path = path, .readable = readable, .writable = writable};
  return next_fd_++;
}

Result<NodeNumber> SimulatedDisk::Created(const std::filesystem::path& path, bool is_folder) {
  if (read_only_) return ErrnoStatus(EROFS, "create " + path.string());
  ASSIGN_OR_RETURN(const Place place, tree_.PlaceOf(path));
  if (FreeInodes() == 0) return ErrnoStatus(ENOSPC, "create " + path.string());
  return tree_.Create(++moment_, place, is_folder);
}

Result<int> SimulatedDisk::Open(const std::filesystem::path& path, Access access) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(Begin(CallKind::kOpen, path));
  auto found = tree_.Find(path);
  if (access == Access::kCreateNew) {
    if (found.ok()) return ErrnoStatus(EEXIST, "open " + path.string());
    found = Created(path, false);
  } else if (found.ok() && tree_.Node(*found).is_folder) {
    return ErrnoStatus(EISDIR, "open " + path.string());
  } else if (found.ok() && access == Access::kReadWrite && read_only_) {
    return ErrnoStatus(EROFS, "open " + path.string());
  }
  if (!found.ok()) return found.status();
  return NewDescriptor(*found, path, true, access != Access::kRead);
}

Result<int> SimulatedDisk::CreateForWriting(const std::filesystem::path& path) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(Begin(CallKind::kCreateForWriting, path));
  if (read_only_) return ErrnoStatus(EROFS, "create " + path.string());
  auto found = tree_.Find(path);
  if (!found.ok()) {
    found = Created(path, false);
  } else if (tree_.Node(*found).is_folder) {
    return ErrnoStatus(EISDIR, "create " + path.string());
  } else {
    tree_.Node(*found).file.Resize(++moment_, 0);
  }
  if (!found.ok()) return found.status();
  return NewDescriptor(*found, path, false, true);
}

std::size_t SimulatedDisk::Transferred(std::size_t asked) const {
  return short_transfers_ && asked > 1 ? asked / 2 : asked;
}

Result<std::size_t> SimulatedDisk::ReadAt(int fd, std::span<char> into, std::uint64_t offset) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(BeginOn(CallKind::kReadAt, fd));
  ASSIGN_OR_RETURN(const Descriptor* const opened, Opened(fd));
  if (!opened->readable) return ErrnoStatus(EBADF, opened->path.string());
  const std::string& bytes = FileOf(*opened).bytes();
  if (offset >= bytes.size()) return std::size_t{0};
  return bytes.copy(into.data(), Transferred(into.size()), offset);
}

Result<std::size_t> SimulatedDisk::WriteAt(int fd, std::string_view bytes, std::uint64_t offset) {
  return WriteSomewhere(CallKind::kWriteAt, fd, bytes, offset);
}

Result<std::size_t> SimulatedDisk::Write(int fd, std::string_view bytes) {
  return WriteSomewhere(CallKind::kWrite, fd, bytes, std::nullopt);
}

Result<std::size_t> SimulatedDisk::WriteSomewhere(CallKind kind, int fd, std::string_view bytes,
                                                  std::optional<std::uint64_t> offset) {
  const Lock lock(mutex_);
  const bool had_power = !crashed_;
  const Status begun = BeginOn(kind, fd);
  if (begun.ok()) return Store(fd, bytes.substr(0, Transferred(bytes.size())), offset);
  if (had_power && crashed_) {
    Store(fd, bytes.substr(0, bytes.size() / 2), offset).status().IgnoreBecause("nobody is left to hear of it");
  }
  return begun;
}

Result<std::size_t> SimulatedDisk::Store(int fd, std::string_view bytes, std::optional<std::uint64_t> offset) {
  ASSIGN_OR_RETURN(Descriptor* const opened, OpenedForWriting(fd));
  if (bytes.empty()) return std::size_t{0};
  const std::uint64_t place = offset.value_or(opened->position);
  if (place > kMostFileBytes || bytes.size() > kMostFileBytes - place) {
    return ErrnoStatus(EFBIG, "write " + opened->path.string());
  }
  SimulatedFile& file = FileOf(*opened);
  const std::uint64_t room = file.Reserve(place, bytes.size(), FreeBlocks());
  if (room == 0) return ErrnoStatus(ENOSPC, "write " + opened->path.string());
  file.Write(++moment_, bytes.substr(0, room), place);
  if (!offset) opened->position += room;
  return static_cast<std::size_t>(room);
}

Result<std::uint64_t> SimulatedDisk::Size(int fd) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(BeginOn(CallKind::kSize, fd));
  ASSIGN_OR_RETURN(const Descriptor* const opened, Opened(fd));
  return std::uint64_t{FileOf(*opened).bytes().size()};
}

Status SimulatedDisk::Truncate(int fd, std::uint64_t bytes) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(BeginOn(CallKind::kTruncate, fd));
  ASSIGN_OR_RETURN(const Descriptor* const opened, OpenedForWriting(fd));
  if (bytes > kMostFileBytes) return ErrnoStatus(EFBIG, "truncate " + opened->path.string());
  FileOf(*opened).Resize(++moment_, bytes);
  return Ok();
}

Status SimulatedDisk::Allocate(int fd, std::uint64_t bytes) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(BeginOn(CallKind::kAllocate, fd));
  ASSIGN_OR_RETURN(const Descriptor* const opened, OpenedForWriting(fd));
  if (bytes > kMostFileBytes) return ErrnoStatus(EFBIG, "allocate " + opened->path.string());
  SimulatedFile& file = FileOf(*opened);
  const std::uint64_t room = file.Reserve(0, bytes, FreeBlocks());
  if (room > file.bytes().size()) file.Resize(++moment_, room);
  return room == bytes ? Ok() : ErrnoStatus(ENOSPC, "allocate " + opened->path.string());
}

Status SimulatedDisk::SyncData(int fd) { return SyncFile(CallKind::kSyncData, fd); }

Status SimulatedDisk::Sync(int fd) { return SyncFile(CallKind::kSync, fd); }

Status SimulatedDisk::SyncFile(CallKind kind, int fd) {
  const Lock lock(mutex_);
  const Status begun = BeginOn(kind, fd);
  if (crashed_) return begun;
  ASSIGN_OR_RETURN(const Descriptor* const opened, Opened(fd));
  SimulatedFile& file = FileOf(*opened);
  if (!begun.ok()) {
    file.FailToSync(after_failed_sync_);
    return begun;
  }
  if (read_only_ && !file.unsynced().empty()) return ErrnoStatus(EROFS, "sync " + opened->path.string());
  file.Sync();
  return Ok();
}

Status SimulatedDisk::Close(int fd) {
  const Lock lock(mutex_);
  const Status begun = BeginOn(CallKind::kClose, fd);
  if (crashed_) return begun;
  ASSIGN_OR_RETURN(const Descriptor* const opened, Opened(fd));
  static_cast<void>(opened);
  descriptors_.erase(fd);
  return begun;
}

Result<std::vector<std::string>> SimulatedDisk::List(const std::filesystem::path& folder) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(Begin(CallKind::kList, folder));
  ASSIGN_OR_RETURN(const NodeNumber found, tree_.FindFolder(folder));
  std::vector<std::string> names;
  for (const auto& [name, node] : tree_.Node(found).names) names.push_back(name);
  return names;
}

Status SimulatedDisk::CreateFolder(const std::filesystem::path& folder) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(Begin(CallKind::kCreateFolder, folder));
  const auto found = tree_.Find(folder);
  if (!found.ok()) return Created(folder, true).status();
  return tree_.Node(*found).is_folder ? Ok() : ErrnoStatus(EEXIST, "create folder " + folder.string());
}

Result<Room> SimulatedDisk::RoomOf(const std::filesystem::path& folder) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(Begin(CallKind::kRoomOf, folder));
  const auto found = tree_.Find(folder);
  if (!found.ok()) return found.status();
  return Room{.total_bytes = most_blocks_ * kSimulatedBlockBytes,
              .free_bytes = FreeBlocks() * kSimulatedBlockBytes,
              .total_inodes = most_inodes_,
              .free_inodes = FreeInodes()};
}

Status SimulatedDisk::Rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(Begin(CallKind::kRename, to));
  if (read_only_) return ErrnoStatus(EROFS, "rename to " + to.string());
  return tree_.Rename(++moment_, from, to);
}

Status SimulatedDisk::Unlink(const std::filesystem::path& path) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(Begin(CallKind::kUnlink, path));
  if (read_only_) return ErrnoStatus(EROFS, "remove " + path.string());
  return tree_.Unlink(++moment_, path);
}

Status SimulatedDisk::SyncFolder(const std::filesystem::path& folder) {
  const Lock lock(mutex_);
  RETURN_IF_ERROR(Begin(CallKind::kSyncFolder, folder));
  ASSIGN_OR_RETURN(const NodeNumber found, tree_.FindFolder(folder));
  if (read_only_ && tree_.IsUnsynced(found)) return ErrnoStatus(EROFS, "sync " + folder.string());
  tree_.SyncFolder(found);
  DropUnusedNodes();
  return Ok();
}

std::set<NodeNumber> SimulatedDisk::OpenNodes() const {
  std::set<NodeNumber> open;
  for (const auto& [fd, descriptor] : descriptors_) open.insert(descriptor.node);
  return open;
}

std::set<NodeNumber> SimulatedDisk::InUse() const {
  std::set<NodeNumber> nodes = tree_.Reachable();
  nodes.merge(OpenNodes());
  return nodes;
}

std::uint64_t SimulatedDisk::FreeBlocks() const {
  std::uint64_t used = 0;
  for (const NodeNumber node : InUse()) used += tree_.Node(node).file.blocks();
  return most_blocks_ - std::min(most_blocks_, used);
}

std::uint64_t SimulatedDisk::FreeInodes() const {
  const std::uint64_t used = InUse().size() - 1;  // the root is the file system's own
  return most_inodes_ - std::min(most_inodes_, used);
}

}  // namespace inferometer::os
