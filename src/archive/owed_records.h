#pragma once
// Which records must not go yet, whatever their age.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "analyze/sequence_ranges.h"
#include "analyze/store_folders.h"
#include "analyze/verification.h"

namespace inferometer::archive {

// Pure. `stores` must outlive it.
class OwedRecords {
 public:
  explicit OwedRecords(const std::vector<analyze::StoreKnowledge>& stores) : stores_(stores), folders_(stores) {}

  // Of `records` of a stream, those that a hub has not acknowledged, or of which nobody can tell: `file` holds them,
  // and where that is of a lake, they came from the folder `device_name`. What the journal knows nothing of any more is
  // done.
  [[nodiscard]] analyze::SequenceRanges Owed(const std::filesystem::path& file, const std::string& device_name,
                                             const analyze::StreamName& stream,
                                             const analyze::SequenceRanges& records) const;
  // Those that the journal holds without a note of the file: the next start of its program looks for the file, and
  // makes it again where it is not.
  [[nodiscard]] analyze::SequenceRanges WithoutNote(const std::filesystem::path& file, const std::string& device_name,
                                                    const analyze::StreamName& stream,
                                                    const analyze::SequenceRanges& records) const;

 private:
  // Nothing where no journal tells of the file's records.
  [[nodiscard]] const analyze::StoreKnowledge* StoreOf(const std::filesystem::path& file,
                                                       const std::string& device_name) const;

  const std::vector<analyze::StoreKnowledge>& stores_;
  const analyze::StoreFolders folders_;
};

}  // namespace inferometer::archive
