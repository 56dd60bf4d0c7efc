#pragma once
// Which folder is which device's: never what a topic says.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::hub {

inline constexpr std::size_t kMostDevices = 20'000;

// The devices that a hub has heard of, and the file DIR/devices.json with the folders of those that have one. A device
// gets the name that it proposes when that is a device's name and nobody else's folder (capitals count for nothing),
// else its id, else its id with a number. Once registered, its folder stays.
//
// What survives: a registered folder, whenever the process or the machine dies. Devices without one, and what they
// proposed, are in memory only. One thread at a time. `calls` must outlive it.
class DeviceTable {
 public:
  // With `portable_names`, folders hold no ':' and are none of the names that Windows keeps for itself.
  DeviceTable(os::FileCalls& calls, std::filesystem::path file, bool portable_names,
              std::size_t most_devices = kMostDevices);

  // Reads the file. Where there is none, or it is damaged, the table is made again from what stands in the folders
  // beside it; a damaged file is set aside as devices.json.damaged-N. Returns what an operator should know of that.
  [[nodiscard]] std::vector<std::string> Load();

  // The registered folder, or what would be registered now. Takes an unknown device in; kResourceExhausted when there
  // are too many. `device` is canonical, in all that follows too.
  [[nodiscard]] Result<std::string> FolderOf(std::string_view device);
  // Takes an unknown device in, where there is room. Whatever was registered stays.
  void Propose(std::string_view device, std::string_view name);

  // Makes the device's folder final and durable, before anything is written into it. On failure the same call may
  // succeed later.
  [[nodiscard]] Result<std::string> Register(std::string_view device);
  // The same for many, with one write of the file. Devices that are refused are passed over.
  [[nodiscard]] Status RegisterAll(std::span<const std::string> devices);

  [[nodiscard]] std::size_t size() const { return devices_.size(); }
  // How often a device was refused because there are too many.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  struct Device {
    std::string folder;  // empty: not registered
    std::string proposed;
  };
  using Devices = std::map<std::string, Device, std::less<>>;

  [[nodiscard]] Device* Admit(std::string_view device);
  [[nodiscard]] std::string Choose(std::string_view id, const Device& device) const;
  [[nodiscard]] bool IsFree(const std::string& folder) const;
  void Assign(std::string_view id, Device& device);
  [[nodiscard]] Status Save();
  [[nodiscard]] Status Parse(std::string_view json);
  void SetAside(std::vector<std::string>& notes);
  void Rebuild();
  void AdoptFolder(const std::string& name);

  os::FileCalls& calls_;
  std::filesystem::path file_;
  bool portable_names_;
  std::size_t most_devices_;
  Devices devices_;
  std::set<std::string> taken_;  // folders, in lower case
  bool is_changed_ = false;      // since the file was written
  std::uint64_t refused_ = 0;
};

}  // namespace inferometer::hub
