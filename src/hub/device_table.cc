#include "hub/device_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/device_id.h"
#include "hub/strict_json.h"
#include "os/open_file.h"
#include "record/json_write.h"

namespace inferometer::hub {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kLargestFileBytes = std::size_t{8} << 20U;
constexpr std::size_t kMostSetAside = 16;
constexpr std::size_t kLongestFolder = 80;
constexpr std::size_t kHeadBytes = 512;  // of a metrics file: its device stands in its first line
constexpr std::string_view kMetricsPrefix = "inference_metrics_";
// What else stands in a hub's folder, or may.
constexpr std::string_view kOwnNames[] = {"quarantine", "loading_metrics.json"};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string Lowered(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), Lower);
  return lowered;
}

bool IsFolderChar(char c) {
  const char lower = Lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == ':' || c == '-';
}

bool IsFolderName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestFolder && std::all_of(name.begin(), name.end(), IsFolderChar) &&
         name.front() != '.' && name.front() != '-';
}

// Of names in lower case.
bool IsOurs(std::string_view name) {
  return base::IsFolderOfOurs(name) ||
         std::find(std::begin(kOwnNames), std::end(kOwnNames), name) != std::end(kOwnNames) ||
         name.starts_with("devices.json") || name.starts_with("hub.json") || name.starts_with(kMetricsPrefix);
}

// Windows takes these for devices of its own, whatever stands behind a dot.
bool IsKeptByWindows(std::string_view name) {
  const std::string_view stem = name.substr(0, name.find('.'));
  if (stem == "con" || stem == "prn" || stem == "aux" || stem == "nul") return true;
  const bool is_numbered = stem.size() == 4 && stem.back() >= '0' && stem.back() <= '9';
  return is_numbered && (stem.starts_with("com") || stem.starts_with("lpt"));
}

Result<std::string> ReadWhole(os::FileCalls& calls, const std::filesystem::path& path, std::size_t most_bytes) {
  ASSIGN_OR_RETURN(const os::OpenFile file, os::OpenFile::Open(calls, path, os::Access::kRead));
  ASSIGN_OR_RETURN(const std::uint64_t size, file.Size());
  if (size > most_bytes) return {Code::kDataLoss, fmt::format("{}: larger than any is", path.string())};
  std::string contents(static_cast<std::size_t>(size), '\0');
  RETURN_IF_ERROR(file.ReadExactlyAt(contents, 0));
  return contents;
}

std::optional<std::string> DeviceOfMetricsFile(os::FileCalls& calls, const std::filesystem::path& path) {
  constexpr std::string_view kKey = "\"device_id\":\"";
  const auto file = os::OpenFile::Open(calls, path, os::Access::kRead);
  if (!file.ok()) return std::nullopt;
  char head[kHeadBytes];
  const auto read = file->ReadUpTo(head, 0);
  if (!read.ok()) return std::nullopt;
  std::string_view text(head, *read);
  const std::size_t key = text.find(kKey);
  if (key == std::string_view::npos) return std::nullopt;
  text.remove_prefix(key + kKey.size());
  const std::size_t end = text.find('"');
  if (end == std::string_view::npos || !base::IsCanonicalDeviceId(text.substr(0, end))) return std::nullopt;
  return std::string(text.substr(0, end));
}

}  // namespace

DeviceTable::DeviceTable(os::FileCalls& calls, std::filesystem::path file, bool portable_names,
                         std::size_t most_devices)
    : calls_(calls), file_(std::move(file)), portable_names_(portable_names), most_devices_(most_devices) {}

std::vector<std::string> DeviceTable::Load() {
  std::vector<std::string> notes;
  const auto contents = ReadWhole(calls_, file_, kLargestFileBytes);
  Status status = contents.ok() ? Parse(*contents) : contents.status();
  if (status.ok()) return notes;
  if (status.code() == Code::kDataLoss) SetAside(notes);
  Rebuild();
  if (status.code() != Code::kNotFound) {
    notes.push_back(fmt::format("{}: {}; the folders of {} devices were found again from their files", file_.string(),
                                status.message(), devices_.size()));
  }
  return notes;
}

Status DeviceTable::Parse(std::string_view json) {
  StrictJson strict(std::max<std::size_t>(json.size(), 1));
  RETURN_IF_ERROR(strict.Load(json));
  RETURN_IF_ERROR(strict.CheckWhole());
  RETURN_IF_ERROR(strict.CheckKeysOnce());
  const Status wrong(Code::kDataLoss, "not a table of devices");
  std::int64_t version = 0;
  simdjson::dom::array rows;
  if (!strict.root().is_object() || strict.root()["version"].get(version) || version != kVersion) return wrong;
  if (strict.root()["devices"].get(rows) || rows.size() > most_devices_) return wrong;
  Devices devices;
  std::set<std::string> taken;
  for (const simdjson::dom::element row : rows) {
    std::string_view id;
    std::string_view folder;
    if (!row.is_object() || row["id"].get(id) || row["folder"].get(folder)) return wrong;
    if (!base::IsCanonicalDeviceId(id) || !IsFolderName(folder)) return wrong;
    if (IsOurs(Lowered(folder))) continue;  // no file can stand there: the device gets another
    if (!taken.insert(Lowered(folder)).second) return {Code::kDataLoss, "a folder that is two devices'"};
    if (!devices.emplace(id, Device{std::string(folder), {}}).second) return {Code::kDataLoss, "a device twice"};
  }
  devices_ = std::move(devices);
  taken_ = std::move(taken);
  return Ok();
}

// The last place is used again and again: what is damaged must not fill the disk.
void DeviceTable::SetAside(std::vector<std::string>& notes) {
  const auto names = calls_.List(file_.parent_path());
  std::filesystem::path aside;
  for (std::size_t n = 1; n <= kMostSetAside; ++n) {
    aside = file_;
    aside += fmt::format(".damaged-{}", n);
    const bool is_used =
        names.ok() && std::find(names->begin(), names->end(), aside.filename().string()) != names->end();
    if (!is_used) break;
  }
  const Status renamed = calls_.Rename(file_, aside);
  notes.push_back(renamed.ok() ? fmt::format("set aside: {}", aside.string()) : renamed.message());
}

void DeviceTable::Rebuild() {
  devices_.clear();
  taken_.clear();
  const auto names = calls_.List(file_.parent_path());
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (!IsOurs(Lowered(name))) AdoptFolder(name);
  }
  is_changed_ = !devices_.empty();
}

// A folder of which nobody can tell whose it is will not be anybody's.
void DeviceTable::AdoptFolder(const std::string& name) {
  const std::filesystem::path folder = file_.parent_path() / name;
  const auto files = calls_.List(folder);
  if (!files.ok() || !IsFolderName(name) || !taken_.insert(Lowered(name)).second) return;
  const auto is_metrics = [](const std::string& file) { return file.starts_with(kMetricsPrefix); };
  const auto first = std::find_if(files->begin(), files->end(), is_metrics);
  const auto id = first == files->end() ? std::nullopt : DeviceOfMetricsFile(calls_, folder / *first);
  if (id && devices_.size() < most_devices_) devices_.try_emplace(*id, Device{name, {}});
}

DeviceTable::Device* DeviceTable::Admit(std::string_view device) {
  const auto known = devices_.find(device);
  if (known != devices_.end()) return &known->second;
  if (devices_.size() < most_devices_) return &devices_.emplace(device, Device()).first->second;
  ++refused_;
  return nullptr;
}

Result<std::string> DeviceTable::FolderOf(std::string_view device) {
  const Device* known = Admit(device);
  if (known == nullptr) {
    return {Code::kResourceExhausted, fmt::format("more than {} devices: use several hubs (--part)", most_devices_)};
  }
  return known->folder.empty() ? Choose(device, *known) : known->folder;
}

void DeviceTable::Propose(std::string_view device, std::string_view name) {
  Device* known = Admit(device);
  if (known != nullptr && base::CheckDeviceName(name).ok()) known->proposed = name;
}

Result<std::string> DeviceTable::Register(std::string_view device) {
  ASSIGN_OR_RETURN(std::string folder, FolderOf(device));
  Assign(device, devices_.find(device)->second);
  RETURN_IF_ERROR(Save());
  return folder;
}

Status DeviceTable::RegisterAll(std::span<const std::string> devices) {
  for (const std::string& device : devices) {
    if (Device* known = Admit(device)) Assign(device, *known);
  }
  return Save();
}

void DeviceTable::Assign(std::string_view id, Device& device) {
  if (!device.folder.empty()) return;
  device.folder = Choose(id, device);
  device.proposed.clear();
  taken_.insert(Lowered(device.folder));
  is_changed_ = true;
}

std::string DeviceTable::Choose(std::string_view id, const Device& device) const {
  if (!device.proposed.empty() && IsFree(device.proposed)) return device.proposed;
  std::string plain(id);
  if (portable_names_) std::replace(plain.begin(), plain.end(), ':', '-');
  std::string folder = plain;
  for (std::size_t n = 2; !IsFree(folder); ++n) folder = fmt::format("{}-{}", plain, n);
  return folder;
}

bool DeviceTable::IsFree(const std::string& folder) const {
  const std::string lowered = Lowered(folder);
  if (IsOurs(lowered) || taken_.contains(lowered)) return false;
  return !portable_names_ || (!IsKeptByWindows(lowered) && lowered.back() != '.');
}

Status DeviceTable::Save() {
  if (!is_changed_) return Ok();
  std::string text = fmt::format("{{\"version\":{},\"devices\":[", kVersion);
  const char* separator = "\n";
  for (const auto& [id, device] : devices_) {
    if (device.folder.empty()) continue;
    text += std::exchange(separator, ",\n");
    record::JsonObject(text).Text("id", id).Text("folder", device.folder).Close();
  }
  text += "\n]}\n";
  RETURN_IF_ERROR(os::WriteWholeFile(calls_, file_, text));
  is_changed_ = false;
  return Ok();
}

}  // namespace inferometer::hub
