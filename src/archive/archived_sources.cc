#include "archive/archived_sources.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/timestamp.h"
#include "record/json_write.h"

namespace inferometer::archive {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNoteFile = ".archived";
constexpr std::size_t kMostNoteBytes = std::size_t{256} << 20;  // a million files

// One line of the note; nothing where it is none.
std::optional<std::pair<std::string, ArchivedSource>> ParseLine(simdjson::dom::parser& parser, std::string_view line) {
  simdjson::dom::element entry;
  std::string_view file;
  std::string_view archived_at;
  std::int64_t bytes = 0;
  std::int64_t inode = 0;
  ArchivedSource source;
  if (parser.parse(line.data(), line.size()).get(entry) || entry["file"].get(file) || entry["bytes"].get(bytes) ||
      entry["modified_ns"].get(source.identity.modified_ns) || entry["changed_ns"].get(source.identity.changed_ns) ||
      entry["inode"].get(inode) || entry["archived_at"].get(archived_at)) {
    return std::nullopt;
  }
  const auto time = base::ParseTimestamp(archived_at);
  if (!time.ok()) return std::nullopt;
  source.identity.bytes = static_cast<std::uint64_t>(bytes);
  source.identity.inode = static_cast<std::uint64_t>(inode);
  source.archived_at = *time;
  return std::pair(std::string(file), source);
}

}  // namespace

ArchivedSources ArchivedSources::Read(const fs::path& lake) {
  const auto text = os::ReadFile(lake / kNoteFile, kMostNoteBytes);
  return text.ok() ? Parse(*text) : ArchivedSources();
}

ArchivedSources ArchivedSources::Parse(std::string_view text) {
  ArchivedSources sources;
  simdjson::dom::parser parser;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (auto entry = ParseLine(parser, line)) sources.sources_.insert(std::move(*entry));
  }
  return sources;
}

Status ArchivedSources::Write(os::FileCalls& files, const fs::path& lake) const {
  return os::WriteWholeFile(files, lake / kNoteFile, Text());
}

std::string ArchivedSources::Text() const {
  std::string text;
  for (const auto& [name, source] : sources_) {
    record::JsonObject entry(text);
    entry.Text("file", name).Integer("bytes", static_cast<std::int64_t>(source.identity.bytes));
    entry.Integer("modified_ns", source.identity.modified_ns).Integer("changed_ns", source.identity.changed_ns);
    entry.Integer("inode", static_cast<std::int64_t>(source.identity.inode));
    entry.Text("archived_at", base::FormatRfc3339(source.archived_at)).Close();
    text += '\n';
  }
  return text;
}

const ArchivedSource* ArchivedSources::Find(const std::string& name, const os::FileIdentity& identity) const {
  const auto found = sources_.find(name);
  return found != sources_.end() && found->second.identity == identity ? &found->second : nullptr;
}

}  // namespace inferometer::archive
