#pragma once
// The note of which metrics files' records are in a lake, and since when: LAKE/.archived. It spares reading the files
// again, and begins the time for which they are kept. Safe to delete: they are then looked through once more, and
// that time begins anew.

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "inferometer/record.h"
#include "inferometer/status.h"
#include "os/file_identity.h"
#include "os/files.h"

namespace inferometer::archive {

struct ArchivedSource {
  os::FileIdentity identity;
  WallTime archived_at;
};

// One thread at a time.
class ArchivedSources {
 public:
  // Reads the note; entries that are none are left out, and a note that cannot be read is empty.
  [[nodiscard]] static ArchivedSources Read(const std::filesystem::path& lake);
  // The note's text: one JSON object a line.
  [[nodiscard]] static ArchivedSources Parse(std::string_view text);
  [[nodiscard]] std::string Text() const;
  // Replaces the note, whole and durably.
  [[nodiscard]] Status Write(os::FileCalls& files, const std::filesystem::path& lake) const;

  // Nothing where the file was not archived, or was written since. `name` is its path below the metrics directory.
  [[nodiscard]] const ArchivedSource* Find(const std::string& name, const os::FileIdentity& identity) const;
  void Put(const std::string& name, const ArchivedSource& source) { sources_[name] = source; }
  // Whether there was something to remove.
  bool Remove(const std::string& name) { return sources_.erase(name) > 0; }
  [[nodiscard]] std::size_t size() const { return sources_.size(); }

 private:
  std::map<std::string, ArchivedSource> sources_;
};

}  // namespace inferometer::archive
