#include "analyze/cleaned_records.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "base/record_key.h"
#include "record/json_pieces.h"

namespace inferometer::analyze {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNoteFile = ".cleaned";
constexpr std::size_t kMostNoteBytes = std::size_t{64} << 20;

// One line of the note; nothing where it is none.
std::optional<std::pair<CleanedKey, SequenceRange>> ParseLine(simdjson::dom::parser& parser, std::string_view line) {
  simdjson::dom::element entry;
  std::string_view device_name;
  std::string_view device_id;
  std::string_view stream_text;
  CleanedKey key;
  SequenceRange range;
  if (parser.parse(line.data(), line.size()).get(entry) || entry["device_name"].get(device_name) ||
      entry["device_id"].get(device_id) || entry["stream"].get(stream_text) || entry["from"].get(range.from) ||
      entry["to"].get(range.to) || entry["unacknowledged"].get(key.is_unacknowledged)) {
    return std::nullopt;
  }
  const auto stream = base::ParseStream(stream_text);
  if (!stream || range.from < 1 || range.to < range.from || range.to > base::kLargestSequence) return std::nullopt;
  key.device_name = device_name;
  key.stream = {std::string(device_id), *stream};
  return std::pair(std::move(key), range);
}

bool MayHoldFiles(const fs::directory_entry& entry) {
  std::error_code ignored;
  const std::string name = entry.path().filename().string();
  return name.front() != '.' && name != "journal" && !entry.is_symlink(ignored) && entry.is_directory(ignored);
}

}  // namespace

Result<CleanedRecords> CleanedRecords::Read(const fs::path& folder) {
  const auto text = os::ReadFile(folder / kNoteFile, kMostNoteBytes);
  if (text.ok()) return Parse(*text);
  return text.status().code() == Code::kNotFound ? Result<CleanedRecords>(CleanedRecords()) : text.status();
}

CleanedRecords CleanedRecords::Parse(std::string_view text) {
  CleanedRecords cleaned;
  simdjson::dom::parser parser;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (const auto entry = ParseLine(parser, line)) cleaned.ranges_[entry->first].push_back(entry->second);
  }
  for (auto& [key, ranges] : cleaned.ranges_) ranges = Normalised(std::move(ranges));
  return cleaned;
}

std::string CleanedRecords::Text() const {
  std::string text;
  for (const auto& [key, ranges] : ranges_) {
    for (const SequenceRange& range : ranges) {
      record::JsonObject entry(text);
      entry.Text("device_name", key.device_name).Text("device_id", key.stream.device);
      entry.Text("stream", base::StreamText(key.stream.stream));
      record::AppendCount(entry, "from", range.from);
      record::AppendCount(entry, "to", range.to);
      entry.Boolean("unacknowledged", key.is_unacknowledged).Close();
      text += '\n';
    }
  }
  return text;
}

Status CleanedRecords::Write(os::FileCalls& files, const fs::path& folder) const {
  return os::WriteWholeFile(files, folder / kNoteFile, Text());
}

void CleanedRecords::Add(const CleanedKey& key, const SequenceRanges& ranges) {
  if (ranges.empty()) return;
  SequenceRanges& known = ranges_[key];
  known = Union(known, ranges);
}

std::vector<fs::path> FoldersWithCleanedRecords(const fs::path& root) {
  std::vector<fs::path> found;
  std::vector<fs::path> waiting = {root};
  while (!waiting.empty()) {
    const fs::path folder = std::exchange(waiting.back(), {});
    waiting.pop_back();
    std::error_code error;
    if (fs::exists(folder / kNoteFile, error)) found.push_back(folder);
    if (folder.filename() == "lake") continue;  // one note for all of it
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      if (MayHoldFiles(*entries)) waiting.push_back(entries->path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace inferometer::analyze
