#include "hub/quarantine.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/timestamp.h"
#include "hub/strict_json.h"
#include "record/json_write.h"
#include "store/checksum.h"

namespace inferometer::hub {
namespace {

constexpr std::string_view kIndexName = "index.jsonl";
constexpr std::string_view kNameEnd = ".payload";
constexpr std::size_t kNumberDigits = 10;
constexpr std::size_t kNameBytes = kNumberDigits + 1 + 8 + kNameEnd.size();
constexpr std::size_t kMostTopicBytes = 256;
constexpr std::size_t kMostReasonBytes = 256;
constexpr std::size_t kLongestLine = 4096;  // each byte of topic and reason may take six
constexpr std::uint64_t kLargestIndexBytes = std::uint64_t{16} << 20U;

std::string IndexLine(const std::string& name, WallTime received, std::string_view topic, std::string_view reason,
                      std::size_t bytes) {
  std::string line;
  record::JsonObject(line)
      .Text("file", name)
      .Text("received_at", base::FormatRfc3339(received))
      .Text("topic", std::string(topic.substr(0, kMostTopicBytes)))
      .Text("reason", std::string(reason.substr(0, kMostReasonBytes)))
      .Integer("bytes", static_cast<std::int64_t>(bytes))
      .Close();
  line += '\n';
  return line;
}

}  // namespace

std::optional<std::uint64_t> ParsePayloadName(std::string_view name) {
  if (name.size() != kNameBytes || !name.ends_with(kNameEnd) || name[kNumberDigits] != '-') return std::nullopt;
  std::uint64_t number = 0;
  const char* end = name.data() + kNumberDigits;
  if (std::from_chars(name.data(), end, number).ptr != end) return std::nullopt;
  return number;
}

Quarantine::Quarantine(os::FileCalls& calls, std::filesystem::path folder, const base::Clock& clock,
                       const QuarantineLimits& limits)
    : calls_(calls), folder_(std::move(folder)), clock_(clock), limits_(limits) {}

void Quarantine::Load() {
  const auto names = calls_.List(folder_);
  if (!names.ok()) return;
  is_there_ = true;
  for (const std::string& name : *names) {
    const auto number = ParsePayloadName(name);
    if (!number) continue;
    next_number_ = std::max(next_number_, *number + 1);
    const auto file = os::OpenFile::Open(calls_, folder_ / name, os::Access::kRead);
    const auto size = file.ok() ? file->Size() : Result<std::uint64_t>(file.status());
    kept_.push_back({name, size.ok() ? static_cast<std::size_t>(*size) : 0, {}});
    bytes_ += kept_.back().bytes;
  }
  ReadIndex();
  if (!RewriteIndex().ok()) ++counters_.failed;
}

// Lines are in the order of their files, as both are written one after the other.
void Quarantine::ReadIndex() {
  constexpr std::string_view kBegin = R"({"file":")";
  const auto file = os::OpenFile::Open(calls_, folder_ / kIndexName, os::Access::kRead);
  const auto size = file.ok() ? file->Size() : Result<std::uint64_t>(file.status());
  if (!size.ok() || *size > kLargestIndexBytes) return;
  std::string text(static_cast<std::size_t>(*size), '\0');
  if (!file->ReadExactlyAt(text, 0).ok()) return;
  StrictJson strict(kLongestLine);
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const std::string_view line = rest.substr(0, end + 1);
    rest.remove_prefix(end + 1);
    if (!line.starts_with(kBegin) || !line.ends_with("}\n") || line.size() < kBegin.size() + kNameBytes) continue;
    const std::string_view name = line.substr(kBegin.size(), kNameBytes);
    const auto by_name = [](const Kept& kept, std::string_view wanted) { return kept.name < wanted; };
    const auto kept = std::lower_bound(kept_.begin(), kept_.end(), name, by_name);
    if (kept == kept_.end() || kept->name != name) continue;
    if (strict.Load(line).ok() && strict.CheckWhole().ok()) kept->line = line;
  }
}

void Quarantine::Keep(std::string_view topic, std::string_view payload, std::string_view reason) {
  if (IsTooFast()) {
    ++counters_.passed_over;
    return;
  }
  if (Write(topic, payload, reason).ok()) {
    ++counters_.kept;
  } else {
    ++counters_.failed;
  }
}

bool Quarantine::IsTooFast() {
  const std::chrono::nanoseconds now = clock_.Steady();
  if (now - second_began_ >= std::chrono::seconds(1)) {
    second_began_ = now;
    in_this_second_ = 0;
  }
  return in_this_second_++ >= limits_.a_second;
}

Status Quarantine::Write(std::string_view topic, std::string_view payload, std::string_view reason) {
  if (!is_there_) RETURN_IF_ERROR(calls_.CreateFolder(folder_));
  is_there_ = true;
  const std::string_view kept = payload.substr(0, limits_.payload_bytes);
  RETURN_IF_ERROR(MakeRoom(kept.size()));
  const std::string name =
      fmt::format("{:0{}}-{:08x}{}", next_number_++, kNumberDigits, store::Checksum(payload), kNameEnd);
  RETURN_IF_ERROR(WritePayload(name, kept));
  kept_.push_back({name, kept.size(), IndexLine(name, clock_.Wall(), topic, reason, payload.size())});
  bytes_ += kept.size();
  return AppendToIndex(kept_.back().line);
}

Status Quarantine::WritePayload(const std::string& name, std::string_view kept) {
  ASSIGN_OR_RETURN(os::OpenFile file, os::OpenFile::Open(calls_, folder_ / name, os::Access::kCreateNew));
  Status written = file.WriteAllAt(kept, 0);
  const Status closed = file.Close();
  if (written.ok()) written = closed;
  if (!written.ok()) calls_.Unlink(folder_ / name).IgnoreBecause("the first error is the one to report");
  return written;
}

Status Quarantine::MakeRoom(std::size_t bytes) {
  while (!kept_.empty() && (kept_.size() >= limits_.files || bytes_ + bytes > limits_.bytes)) {
    const Status removed = calls_.Unlink(folder_ / kept_.front().name);
    if (!removed.ok() && removed.code() != Code::kNotFound) return removed;
    bytes_ -= kept_.front().bytes;
    kept_.pop_front();
  }
  return Ok();
}

Status Quarantine::AppendToIndex(const std::string& line) {
  if (!index_ || index_lines_ >= 2 * limits_.files) return RewriteIndex();
  Status written = index_->WriteAllAt(line, index_bytes_);
  if (!written.ok()) {
    index_.reset();  // made anew the next time
    return written;
  }
  index_bytes_ += line.size();
  ++index_lines_;
  return Ok();
}

Status Quarantine::RewriteIndex() {
  index_.reset();
  std::string text;
  for (const Kept& kept : kept_) text += kept.line;
  RETURN_IF_ERROR(os::WriteWholeFile(calls_, folder_ / kIndexName, text));
  ASSIGN_OR_RETURN(index_, os::OpenFile::Open(calls_, folder_ / kIndexName, os::Access::kReadWrite));
  index_bytes_ = text.size();
  index_lines_ = kept_.size();
  return Ok();
}

}  // namespace inferometer::hub
