#pragma once
// What the index of a metrics directory keeps: what was read of one file, and the answer to all of them.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/file_records.h"

namespace inferometer::analyze {

// What reading a file without damage gave, but for the claims of its summary, which are held against the records
// already. REQUIRES: `disagreements` are of that file.
void AppendFileEntry(const FileRecords& records, const std::vector<Disagreement>& disagreements, std::string& out);
// Fills both with the same again; `file` is the file's name in the disagreements. False, with an unknown part of it in
// them, for bytes that are no such entry, or one of more rows than `most_rows`.
[[nodiscard]] bool ReadFileEntry(std::string_view entry, const std::string& file, std::size_t most_rows,
                                 FileRecords& records, std::vector<Disagreement>& disagreements);

// REQUIRES: nothing was damaged; every file's name begins with `root`.
void AppendAnswer(const Analysis& analysis, std::string_view root, std::string& out);
[[nodiscard]] std::optional<Analysis> ReadAnswer(std::string_view answer, std::string_view root);

}  // namespace inferometer::analyze
