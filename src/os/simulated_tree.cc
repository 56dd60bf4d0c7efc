#include "os/simulated_tree.h"

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "os/files.h"

namespace inferometer::os {
namespace {

// The names from the root down.
std::vector<std::string> PartsOf(const std::filesystem::path& path) {
  std::vector<std::string> parts;
  for (const auto& part : ("/" / path).lexically_normal()) {
    if (part != "/" && !part.empty()) parts.push_back(part.string());
  }
  return parts;
}

NodeNumber Named(const std::map<std::string, NodeNumber>& names, const std::string& name) {
  const auto found = names.find(name);
  return found == names.end() ? kNoNode : found->second;
}

}  // namespace

SimulatedTree::SimulatedTree() { nodes_[kRootFolder].is_folder = true; }

Result<NodeNumber> SimulatedTree::Find(const std::filesystem::path& path, View view) const {
  NodeNumber at = kRootFolder;
  for (const std::string& part : PartsOf(path)) {
    const SimulatedNode& folder = Node(at);
    if (!folder.is_folder) return ErrnoStatus(ENOTDIR, path.string());
    at = Named(view == View::kMemory ? folder.names : folder.disk_names, part);
    if (at == kNoNode) return ErrnoStatus(ENOENT, path.string());
  }
  return at;
}

Result<NodeNumber> SimulatedTree::FindFolder(const std::filesystem::path& path) const {
  ASSIGN_OR_RETURN(const NodeNumber found, Find(path));
  if (!Node(found).is_folder) return ErrnoStatus(ENOTDIR, path.string());
  return found;
}

Result<Place> SimulatedTree::PlaceOf(const std::filesystem::path& path) const {
  const std::vector<std::string> parts = PartsOf(path);
  if (parts.empty()) return ErrnoStatus(EBUSY, path.string());
  std::filesystem::path parent = "/";
  for (const std::string& part : std::span(parts).first(parts.size() - 1)) parent /= part;
  ASSIGN_OR_RETURN(const NodeNumber folder, FindFolder(parent));
  return Place{.folder = folder, .name = parts.back()};
}

NodeNumber SimulatedTree::At(const Place& place) const { return Named(Node(place.folder).names, place.name); }

NodeNumber SimulatedTree::Create(std::uint64_t moment, const Place& place, bool is_folder) {
  const NodeNumber created = next_node_++;
  nodes_[created].is_folder = is_folder;
  Change({.moment = moment, .becomes = {{place, created}}});
  return created;
}

Status SimulatedTree::Rename(std::uint64_t moment, const std::filesystem::path& from, const std::filesystem::path& to) {
  ASSIGN_OR_RETURN(const Place source, PlaceOf(from));
  ASSIGN_OR_RETURN(const Place target, PlaceOf(to));
  const NodeNumber moved = At(source);
  if (moved == kNoNode) return ErrnoStatus(ENOENT, "rename to " + to.string());
  if (source == target) return Ok();
  RETURN_IF_ERROR(CheckRename(moved, target, to.string()));
  Change({.moment = moment, .becomes = {{source, kNoNode}, {target, moved}}, .moves_folder = Node(moved).is_folder});
  return Ok();
}

Status SimulatedTree::CheckRename(NodeNumber moved, const Place& to, const std::string& to_path) const {
  const std::string what = "rename to " + to_path;
  const bool is_folder = Node(moved).is_folder;
  if (is_folder && IsInside(to.folder, moved)) return ErrnoStatus(EINVAL, what);
  const NodeNumber replaced = At(to);
  if (replaced == kNoNode) return Ok();
  if (!is_folder && Node(replaced).is_folder) return ErrnoStatus(EISDIR, what);
  if (is_folder && !Node(replaced).is_folder) return ErrnoStatus(ENOTDIR, what);
  return Node(replaced).names.empty() ? Ok() : ErrnoStatus(ENOTEMPTY, what);
}

bool SimulatedTree::IsInside(NodeNumber folder, NodeNumber outer) const {
  if (folder == outer) return true;
  return std::ranges::any_of(Node(outer).names, [&](const auto& entry) {
    return Node(entry.second).is_folder && IsInside(folder, entry.second);
  });
}

Status SimulatedTree::Unlink(std::uint64_t moment, const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const Place place, PlaceOf(path));
  const NodeNumber node = At(place);
  if (node == kNoNode) return ErrnoStatus(ENOENT, "remove " + path.string());
  if (Node(node).is_folder) return ErrnoStatus(EISDIR, "remove " + path.string());
  Change({.moment = moment, .becomes = {{place, kNoNode}}});
  return Ok();
}

void SimulatedTree::Change(NameChange change) {
  Carry(change, View::kMemory);
  unsynced_.push_back(std::move(change));
}

void SimulatedTree::Carry(const NameChange& change, View view) {
  for (const auto& [place, node] : change.becomes) {
    SimulatedNode& folder = Node(place.folder);
    auto& names = view == View::kMemory ? folder.names : folder.disk_names;
    if (node == kNoNode) {
      names.erase(place.name);
    } else {
      names[place.name] = node;
    }
  }
}

// Two moves of folders are kept in order as well, whatever their names: a folder could end up inside itself.
bool SimulatedTree::DependsOn(const NameChange& later, const NameChange& earlier) {
  if (later.moves_folder && earlier.moves_folder) return true;
  return std::ranges::any_of(later.becomes, [&](const auto& entry) { return earlier.becomes.contains(entry.first); });
}

bool SimulatedTree::Touches(const NameChange& change, NodeNumber folder) {
  return std::ranges::any_of(change.becomes, [&](const auto& entry) { return entry.first.folder == folder; });
}

void SimulatedTree::SyncFolder(NodeNumber folder) {
  SyncWhere([&](const NameChange& change) { return Touches(change, folder); });
}

void SimulatedTree::SyncName(const Place& place) {
  SyncWhere([&](const NameChange& change) { return change.becomes.contains(place); });
}

void SimulatedTree::SyncWhere(const std::function<bool(const NameChange&)>& asked_for) {
  std::vector<bool> now(unsynced_.size());
  for (std::size_t i = unsynced_.size(); i-- > 0;) {
    now[i] = now[i] || asked_for(unsynced_[i]);
    for (std::size_t j = 0; now[i] && j < i; ++j) now[j] = now[j] || DependsOn(unsynced_[i], unsynced_[j]);
  }
  std::vector<NameChange> rest;
  for (std::size_t i = 0; i < unsynced_.size(); ++i) {
    if (now[i]) {
      Carry(unsynced_[i], View::kDisk);
    } else {
      rest.push_back(std::move(unsynced_[i]));
    }
  }
  unsynced_ = std::move(rest);
}

bool SimulatedTree::IsUnsynced(NodeNumber folder) const {
  return std::ranges::any_of(unsynced_, [&](const NameChange& change) { return Touches(change, folder); });
}

std::vector<std::uint64_t> SimulatedTree::UnsyncedMoments() const {
  std::vector<std::uint64_t> moments;
  moments.reserve(unsynced_.size());
  for (const NameChange& change : unsynced_) moments.push_back(change.moment);
  return moments;
}

std::vector<SimulatedTree::NameChange> SimulatedTree::Surviving(const CrashPlan& plan) const {
  if (plan.mode == CrashMode::kDropUnsynced) return {};
  if (plan.mode == CrashMode::kKeepAll) return unsynced_;
  std::vector<NameChange> surviving;
  std::vector<const NameChange*> lost;
  for (const NameChange& change : unsynced_) {
    const bool possible =
        std::ranges::none_of(lost, [&](const NameChange* other) { return DependsOn(change, *other); });
    const bool survives = plan.mode == CrashMode::kPrefix ? change.moment < plan.cut : possible && plan.choose(2) == 1;
    if (survives) {
      surviving.push_back(change);
    } else {
      lost.push_back(&change);
    }
  }
  return surviving;
}

void SimulatedTree::Crash(const CrashPlan& plan) {
  for (const NameChange& change : Surviving(plan)) Carry(change, View::kDisk);
  unsynced_.clear();
  for (auto& [number, node] : nodes_) node.names = node.disk_names;
}

std::set<NodeNumber> SimulatedTree::Reachable() const {
  std::set<NodeNumber> reachable;
  std::vector<NodeNumber> next = {kRootFolder};
  while (!next.empty()) {
    const NodeNumber number = next.back();
    next.pop_back();
    if (!reachable.insert(number).second) continue;
    for (const auto& [name, node] : Node(number).names) next.push_back(node);
  }
  return reachable;
}

std::set<NodeNumber> SimulatedTree::Mentioned() const {
  std::set<NodeNumber> mentioned = {kRootFolder};
  for (const auto& [number, node] : nodes_) {
    for (const auto& [name, named] : node.names) mentioned.insert(named);
    for (const auto& [name, named] : node.disk_names) mentioned.insert(named);
  }
  for (const NameChange& change : unsynced_) {
    for (const auto& [place, named] : change.becomes) mentioned.insert({place.folder, named});
  }
  return mentioned;
}

std::vector<SimulatedNode> SimulatedTree::TakeUnused(const std::set<NodeNumber>& open) {
  const std::set<NodeNumber> mentioned = Mentioned();
  std::vector<SimulatedNode> taken;
  for (auto node = nodes_.begin(); node != nodes_.end();) {
    if (mentioned.contains(node->first) || open.contains(node->first)) {
      ++node;
    } else {
      taken.push_back(std::move(node->second));
      node = nodes_.erase(node);
    }
  }
  return taken;
}

}  // namespace inferometer::os
