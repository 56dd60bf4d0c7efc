#pragma once
// To which store a file belongs.

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "analyze/record_places.h"
#include "analyze/verification.h"

namespace inferometer::analyze {

// Numbers are those of the vector; RecordPlaces::kNoStore where there is none. Copyable value.
class StoreFolders {
 public:
  explicit StoreFolders(const std::vector<StoreKnowledge>& stores) {
    for (std::size_t i = 0; i < stores.size(); ++i) {
      by_folder_[stores[i].folder.native()] = i;
      const auto [named, is_new] = by_name_.try_emplace(stores[i].folder.filename().string(), i);
      if (!is_new) named->second = RecordPlaces::kNoStore;  // which of them, nobody can say
    }
  }
  // The innermost that it stands in.
  [[nodiscard]] std::size_t StoreOf(const std::filesystem::path& file) const {
    for (std::filesystem::path folder = file.parent_path();; folder = folder.parent_path()) {
      const auto found = by_folder_.find(folder.native());
      if (found != by_folder_.end()) return found->second;
      if (!folder.has_relative_path()) return RecordPlaces::kNoStore;
    }
  }
  // Of a record in a lake, which may be that of many devices' folders.
  [[nodiscard]] std::size_t StoreOf(const std::filesystem::path& lake_file, const std::string& device_name) const {
    const std::size_t around = StoreOf(lake_file);
    if (around != RecordPlaces::kNoStore) return around;
    const auto named = by_name_.find(device_name);
    return named == by_name_.end() ? RecordPlaces::kNoStore : named->second;
  }

 private:
  std::map<std::string, std::size_t> by_folder_;
  std::map<std::string, std::size_t> by_name_;
};

}  // namespace inferometer::analyze
