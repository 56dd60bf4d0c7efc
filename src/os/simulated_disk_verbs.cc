// What tests do to a SimulatedDisk besides the calls: crashes, faults, damage.
#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "os/simulated_disk.h"

namespace inferometer::os {
namespace {

constexpr std::size_t kMostRemovedContents = 16;

using Lock = std::lock_guard<std::mutex>;

std::optional<std::string> BytesIn(const SimulatedTree& tree, const std::filesystem::path& path,
                                   SimulatedTree::View view) {
  const auto found = tree.Find(path, view);
  if (!found.ok() || tree.Node(*found).is_folder) return std::nullopt;
  const SimulatedFile& file = tree.Node(*found).file;
  return view == SimulatedTree::View::kMemory ? file.bytes() : file.durable_bytes();
}

}  // namespace

int SimulatedDisk::calls() const {
  const Lock lock(mutex_);
  return calls_;
}

bool SimulatedDisk::crashed() const {
  const Lock lock(mutex_);
  return crashed_;
}

void SimulatedDisk::CrashAtCall(int nth) {
  const Lock lock(mutex_);
  calls_to_crash_ = nth;
}

void SimulatedDisk::Crash(const Choice& choose, CrashMode mode) {
  const Lock lock(mutex_);
  CrashPlan plan = PlanCrash(choose, mode);
  tree_.Crash(plan);
  std::map<NodeNumber, std::string> survivors;
  for (const NodeNumber number : tree_.Reachable()) {
    const SimulatedNode& node = tree_.Node(number);
    if (node.is_folder) continue;
    plan.stale = StaleFor(number);
    survivors[number] = Survivors(node.file.durable_bytes(), node.file.unsynced(), plan);
  }
  for (auto& [number, bytes] : survivors) tree_.Node(number).file.Replace(std::move(bytes));
  crashed_ = true;
}

CrashPlan SimulatedDisk::PlanCrash(const Choice& choose, CrashMode mode) const {
  CrashPlan plan;
  plan.mode = mode;
  plan.choose = [&choose](std::size_t below) { return choose(below); };  // one sequence of picks for all parts
  if (mode == CrashMode::kDropUnsynced || mode == CrashMode::kKeepAll) return plan;
  if (mode == CrashMode::kPrefix) {
    plan.cut = ChooseCut(choose);
  } else {
    plan.sector_bytes = choose(2) == 0 ? 512 : kSimulatedBlockBytes;
  }
  return plan;
}

std::uint64_t SimulatedDisk::ChooseCut(const Choice& choose) const {
  std::vector<std::uint64_t> moments = tree_.UnsyncedMoments();
  for (const auto& [number, node] : tree_.nodes()) {
    for (const FileChange& change : node.file.unsynced()) moments.push_back(change.moment);
  }
  std::ranges::sort(moments);
  const std::size_t picked = choose(moments.size() + 1);
  return picked < moments.size() ? moments[picked] : std::numeric_limits<std::uint64_t>::max();
}

std::vector<std::string_view> SimulatedDisk::StaleFor(NodeNumber file) const {
  std::vector<std::string_view> stale(removed_contents_.begin(), removed_contents_.end());
  for (const auto& [number, node] : tree_.nodes()) {
    if (number == file) continue;
    stale.push_back(node.file.bytes());
  }
  std::erase_if(stale, [](std::string_view bytes) { return bytes.empty(); });
  return stale;
}

void SimulatedDisk::Restart() {
  const Lock lock(mutex_);
  descriptors_.clear();
  crashed_ = false;
  calls_to_crash_.reset();
  DropUnusedNodes();
}

void SimulatedDisk::DropUnusedNodes() {
  for (SimulatedNode& node : tree_.TakeUnused(OpenNodes())) {
    if (!node.file.bytes().empty()) removed_contents_.push_back(node.file.bytes());
  }
  if (removed_contents_.size() <= kMostRemovedContents) return;
  removed_contents_.erase(removed_contents_.begin(), removed_contents_.end() - kMostRemovedContents);
}

void SimulatedDisk::FailCall(int nth, int error, bool for_ever) {
  const Lock lock(mutex_);
  counted_fault_ = {.calls_left = nth, .error = error, .for_ever = for_ever};
}

void SimulatedDisk::SetFault(Fault fault) {
  const Lock lock(mutex_);
  fault_ = std::move(fault);
}

void SimulatedDisk::ClearFaults() {
  const Lock lock(mutex_);
  counted_fault_.reset();
  fault_ = nullptr;
}

void SimulatedDisk::SetAfterFailedSync(AfterFailedSync after) {
  const Lock lock(mutex_);
  after_failed_sync_ = after;
}

void SimulatedDisk::SetShortTransfers(bool on) {
  const Lock lock(mutex_);
  short_transfers_ = on;
}

void SimulatedDisk::SetCapacity(std::uint64_t bytes, std::uint64_t inodes) {
  const Lock lock(mutex_);
  most_blocks_ = bytes / kSimulatedBlockBytes;
  most_inodes_ = inodes;
}

void SimulatedDisk::SetReadOnly(bool on) {
  const Lock lock(mutex_);
  read_only_ = on;
}

Result<NodeNumber> SimulatedDisk::PutNode(const std::filesystem::path& path, bool is_folder) {
  const Status in_the_way = ErrnoStatus(is_folder ? ENOTDIR : EISDIR, "put " + path.string());
  if (path == path.parent_path()) return is_folder ? Result<NodeNumber>(kRootFolder) : in_the_way;
  RETURN_IF_ERROR(PutNode(path.parent_path(), true).status());
  ASSIGN_OR_RETURN(const Place place, tree_.PlaceOf(path));
  NodeNumber node = tree_.At(place);
  if (node == kNoNode) node = tree_.Create(++moment_, place, is_folder);
  tree_.SyncName(place);
  return tree_.Node(node).is_folder == is_folder ? Result<NodeNumber>(node) : in_the_way;
}

Status SimulatedDisk::Put(const std::filesystem::path& path, std::string bytes) {
  const Lock lock(mutex_);
  ASSIGN_OR_RETURN(const NodeNumber node, PutNode(path, false));
  tree_.Node(node).file.Replace(std::move(bytes));
  return Ok();
}

Status SimulatedDisk::PutFolder(const std::filesystem::path& folder) {
  const Lock lock(mutex_);
  return PutNode(folder, true).status();
}

std::optional<std::string> SimulatedDisk::Bytes(const std::filesystem::path& path) const {
  const Lock lock(mutex_);
  return BytesIn(tree_, path, SimulatedTree::View::kMemory);
}

std::optional<std::string> SimulatedDisk::DurableBytes(const std::filesystem::path& path) const {
  const Lock lock(mutex_);
  return BytesIn(tree_, path, SimulatedTree::View::kDisk);
}

std::vector<std::string> SimulatedDisk::Names(const std::filesystem::path& folder) const {
  const Lock lock(mutex_);
  const auto found = tree_.Find(folder);
  std::vector<std::string> names;
  if (!found.ok()) return names;
  for (const auto& [name, node] : tree_.Node(*found).names) names.push_back(name);
  return names;
}

Result<SimulatedFile*> SimulatedDisk::FileAt(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const NodeNumber node, tree_.Find(path));
  if (tree_.Node(node).is_folder) return ErrnoStatus(EISDIR, path.string());
  return &tree_.Node(node).file;
}

Status SimulatedDisk::FlipBit(const std::filesystem::path& path, std::uint64_t bit) {
  const Lock lock(mutex_);
  ASSIGN_OR_RETURN(SimulatedFile* const file, FileAt(path));
  std::string bytes = file->bytes();
  if (bit / 8 >= bytes.size()) return {Code::kInvalidArgument, path.string() + ": no bit " + std::to_string(bit)};
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  file->Replace(std::move(bytes));
  return Ok();
}

Status SimulatedDisk::TruncateTo(const std::filesystem::path& path, std::uint64_t bytes) {
  const Lock lock(mutex_);
  ASSIGN_OR_RETURN(SimulatedFile* const file, FileAt(path));
  if (bytes > file->bytes().size()) return {Code::kInvalidArgument, path.string() + ": is shorter"};
  file->Replace(file->bytes().substr(0, bytes));
  return Ok();
}

}  // namespace inferometer::os
