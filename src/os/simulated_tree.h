#pragma once
// For tests: the names of a SimulatedDisk, as programs see them and as they are on the disk.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "os/simulated_file.h"

namespace inferometer::os {

// A file or a folder without its name (an inode). Numbers are never used again.
using NodeNumber = std::uint64_t;
inline constexpr NodeNumber kNoNode = 0;
inline constexpr NodeNumber kRootFolder = 1;

struct SimulatedNode {
  bool is_folder = false;
  SimulatedFile file;                            // of a file
  std::map<std::string, NodeNumber> names;       // in a folder
  std::map<std::string, NodeNumber> disk_names;  // in a folder, after a crash that drops everything
};

// A name in a folder, whether something stands there or not.
struct Place {
  NodeNumber folder = kNoNode;
  std::string name;
  auto operator<=>(const Place&) const = default;
};

// Folders in folders below a root that is always there. A path is taken from the root, relative or not; there are no
// links. Errors are those of the system calls. Changes of names are atomic, and durable after the sync of a folder that
// they touch; of those that are not, a crash keeps any, but of two that touch the same name never only the later. Not
// thread-safe.
class SimulatedTree {
 public:
  enum class View { kMemory, kDisk };

  SimulatedTree();

  // kNotFound where nothing stands at `path`, in that view.
  [[nodiscard]] Result<NodeNumber> Find(const std::filesystem::path& path, View view = View::kMemory) const;
  [[nodiscard]] Result<NodeNumber> FindFolder(const std::filesystem::path& path) const;
  // kNotFound where the folder is not there.
  [[nodiscard]] Result<Place> PlaceOf(const std::filesystem::path& path) const;
  // What stands at a place; kNoNode: nothing.
  [[nodiscard]] NodeNumber At(const Place& place) const;

  // REQUIRES: nothing stands there.
  NodeNumber Create(std::uint64_t moment, const Place& place, bool is_folder);
  Status Rename(std::uint64_t moment, const std::filesystem::path& from, const std::filesystem::path& to);
  // Of a file.
  Status Unlink(std::uint64_t moment, const std::filesystem::path& path);
  void SyncFolder(NodeNumber folder);
  // Of the name alone, with what it depends on.
  void SyncName(const Place& place);
  // Whether the folder has changes that no sync has made durable.
  [[nodiscard]] bool IsUnsynced(NodeNumber folder) const;

  // REQUIRES: the number of a node of this tree.
  [[nodiscard]] SimulatedNode& Node(NodeNumber number) { return nodes_.at(number); }
  [[nodiscard]] const SimulatedNode& Node(NodeNumber number) const { return nodes_.at(number); }
  [[nodiscard]] std::map<NodeNumber, SimulatedNode>& nodes() { return nodes_; }
  [[nodiscard]] const std::map<NodeNumber, SimulatedNode>& nodes() const { return nodes_; }
  // Those that a path leads to, the root among them.
  [[nodiscard]] std::set<NodeNumber> Reachable() const;

  // When the unsynced changes of names were made, oldest first.
  [[nodiscard]] std::vector<std::uint64_t> UnsyncedMoments() const;
  // What survives is then both what programs see and what is on the disk.
  void Crash(const CrashPlan& plan);
  // Takes out the nodes that neither a path, the disk nor `open` can lead to any more.
  std::vector<SimulatedNode> TakeUnused(const std::set<NodeNumber>& open);

 private:
  struct NameChange {
    std::uint64_t moment = 0;
    std::map<Place, NodeNumber> becomes;  // kNoNode: the name goes
    bool moves_folder = false;
  };

  static bool DependsOn(const NameChange& later, const NameChange& earlier);
  static bool Touches(const NameChange& change, NodeNumber folder);
  void SyncWhere(const std::function<bool(const NameChange&)>& asked_for);
  void Change(NameChange change);
  void Carry(const NameChange& change, View view);
  [[nodiscard]] Status CheckRename(NodeNumber moved, const Place& to, const std::string& to_path) const;
  [[nodiscard]] bool IsInside(NodeNumber folder, NodeNumber outer) const;
  [[nodiscard]] std::vector<NameChange> Surviving(const CrashPlan& plan) const;
  [[nodiscard]] std::set<NodeNumber> Mentioned() const;

  std::map<NodeNumber, SimulatedNode> nodes_;
  std::vector<NameChange> unsynced_;  // oldest first
  NodeNumber next_node_ = kRootFolder + 1;
};

}  // namespace inferometer::os
