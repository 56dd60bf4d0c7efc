#include "store/journal_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "store/segment_reader.h"

namespace inferometer::store {
namespace {

using Kind = JournalFault::Kind;

constexpr int kTries = 3;  // a failure may pass
constexpr std::string_view kSegmentEnding = ".journal";

class Checker {
 public:
  Checker(os::FileCalls& calls, const std::filesystem::path& folder, bool is_in_use,
          const std::function<void(const JournalReader::Found& found)>& take)
      : calls_(calls), folder_(folder), is_in_use_(is_in_use), take_(take) {}

  Result<JournalCheck> Check(const std::string& owner) {
    ASSIGN_OR_RETURN(const FolderSurvey survey, InspectJournal(calls_, folder_, owner));
    for (const std::string& one : survey.set_aside) NoteSetAside(one);
    for (const std::string& one : survey.unfinished) NoteUnfinished(one);
    for (const SegmentInfo& segment : survey.segments) NoteContinuation(segment);
    for (std::size_t i = 0; i < survey.segments.size(); ++i) {
      CheckBefore(survey.segments[i], survey);
      CheckSegment(survey.segments[i], i + 1 < survey.segments.size() ? &survey.segments[i + 1] : nullptr);
    }
    NoteQuarantine();
    return std::move(check_);
  }

 private:
  // Where a segment ends, as the one that continues its stream says.
  struct Continuation {
    StreamId stream = 0;
    std::uint64_t bytes = 0;
  };

  std::filesystem::path PathOf(std::uint64_t segment) const { return folder_ / SegmentName(segment); }
  void Add(Kind kind, std::filesystem::path file, std::optional<std::uint64_t> offset, std::string text) {
    check_.faults.push_back({kind, std::move(file), offset, std::move(text)});
  }

  // The survey's sentences begin with the file.
  void NoteSetAside(const std::string& sentence) {
    const std::size_t name_end = sentence.find(kSegmentEnding, folder_.string().size());
    const bool names_file = sentence.starts_with(folder_.string()) && name_end != std::string::npos;
    if (!names_file) return Add(Kind::kUnreadable, folder_, std::nullopt, sentence);
    const std::filesystem::path file = sentence.substr(0, name_end + kSegmentEnding.size());
    if (is_in_use_ && IsGone(file)) return;
    const std::string named = file.string() + ": ";
    std::string_view reason = sentence;
    while (reason.starts_with(named)) reason.remove_prefix(named.size());  // some reasons name the file again
    Add(Kind::kForeign, file, std::nullopt, "the segment cannot be used: " + std::string(reason));
  }

  // While somebody writes, it may just be made.
  void NoteUnfinished(const std::string& file) {
    if (!is_in_use_)
      check_.notes.push_back(file + ": a segment without a header, as a crash left it; it holds nothing");
  }

  bool IsGone(const std::filesystem::path& file) {
    auto opened = os::OpenFile::Open(calls_, file, os::Access::kRead);
    return opened.status().code() == Code::kNotFound;
  }

  void NoteContinuation(const SegmentInfo& segment) {
    const auto reader = SegmentReader::Open(calls_, PathOf(segment.segment));
    if (!reader.ok()) return;  // CheckSegment says so
    const SegmentHeader& header = reader->header();
    if (header.continued_segment == 0) return;
    continued_[header.continued_segment] = {header.stream, header.continued_bytes};
    continues_[header.segment] = header.continued_segment;
  }

  // Segments go from the front; one that is gone between others did not go by our hand.
  void CheckBefore(const SegmentInfo& segment, const FolderSurvey& survey) {
    const auto continues = continues_.find(segment.segment);
    if (is_in_use_ || continues == continues_.end()) return;
    const std::uint64_t before = continues->second;
    const bool is_there = std::any_of(survey.segments.begin(), survey.segments.end(),
                                      [&](const SegmentInfo& one) { return one.segment == before; });
    const bool has_older = survey.segments.front().segment < before;
    const bool is_named = std::any_of(check_.faults.begin(), check_.faults.end(),
                                      [&](const JournalFault& one) { return one.file == PathOf(before); });
    if (is_there || !has_older || is_named) return;
    Add(Kind::kMissing, PathOf(before), std::nullopt,
        fmt::format("the segment is gone, though {} continues it and older ones are there",
                    SegmentName(segment.segment)));
  }

  // `next` is null for the newest.
  void CheckSegment(const SegmentInfo& info, const SegmentInfo* next) {
    auto reader = SegmentReader::Open(calls_, PathOf(info.segment));
    for (int i = 1; i < kTries && !reader.ok(); ++i) reader = SegmentReader::Open(calls_, PathOf(info.segment));
    if (!reader.ok()) {
      if (is_in_use_ && reader.status().code() == Code::kNotFound) return;
      return Add(Kind::kUnreadable, PathOf(info.segment), std::nullopt, reader.status().message());
    }
    ++check_.segments;
    const auto size = reader->Size();
    const std::uint64_t file_bytes = size.ok() ? *size : info.bytes;
    const bool is_being_written = is_in_use_ && next == nullptr && !info.is_sealed;
    const std::uint64_t end = is_being_written ? info.bytes : std::min(file_bytes, ToldEnd(info).value_or(file_bytes));
    const std::uint64_t last = ReadThrough(info, end, *reader);
    const std::size_t before = check_.faults.size();
    NoteDamage(info, reader->damage());
    // What the next one of its stream saw may have stood in one between the two.
    const bool tells_end = next == nullptr || next->stream != info.stream || ToldEnd(info);
    const bool is_short = tells_end && info.last_sequence > last;
    NoteEnd(info, reader->damage(), is_short);
    const bool is_named = check_.faults.size() > before;
    if (is_short && !is_named) {
      Add(Kind::kCutShort, PathOf(info.segment), file_bytes,
          fmt::format("its stream ends with record {} here, but was durable up to {}", last, info.last_sequence));
    }
  }

  // Up to where the segment was durable, as the one that continues it says.
  std::optional<std::uint64_t> ToldEnd(const SegmentInfo& info) const {
    const auto continued = continued_.find(info.segment);
    if (continued == continued_.end() || continued->second.stream != info.stream) return std::nullopt;
    return continued->second.bytes;
  }

  // The sequence of the last record that could be read; 0: none.
  std::uint64_t ReadThrough(const SegmentInfo& info, std::uint64_t end, SegmentReader& reader) {
    JournalReader::Found found;
    found.stream = info.stream;
    std::uint64_t last = 0;
    int failures = 0;
    for (;;) {
      const auto more = reader.Next(end, found.entry);
      if (!more.ok() && ++failures < kTries) continue;
      if (!more.ok()) {
        Add(Kind::kUnreadable, PathOf(info.segment), reader.offset(), more.status().message());
        reader.SkipBlock();
      } else if (!*more) {
        return last;
      } else {
        found.position = {info.segment, found.entry.offset};
        if (IsNumbered(found.entry.type)) last = std::max(last, found.entry.sequence);
        take_(found);
      }
      failures = 0;
    }
  }

  void NoteDamage(const SegmentInfo& info, const SegmentDamage& damage) {
    for (const std::uint64_t offset : damage.offsets) {
      Add(Kind::kDamaged, PathOf(info.segment), offset, "damaged; what stands in the rest of its block is lost");
    }
    if (damage.places > damage.offsets.size()) {
      Add(Kind::kDamaged, PathOf(info.segment), std::nullopt,
          fmt::format("{} more damaged places", damage.places - damage.offsets.size()));
    }
  }

  // What stands behind the last good entry is a crash's, unless something says that it was durable.
  void NoteEnd(const SegmentInfo& info, const SegmentDamage& damage, bool is_short) {
    if (!damage.ends_badly) return;
    if (info.is_sealed || is_short || ToldEnd(info)) {
      Add(Kind::kDamaged, PathOf(info.segment), damage.tail_offset, "damaged up to its end, which was durable");
    } else {
      check_.notes.push_back(fmt::format("{}: ends at byte {} as a crash left it; nothing behind was reported durable",
                                         PathOf(info.segment).string(), damage.tail_offset));
    }
  }

  void NoteQuarantine() {
    const auto kept = calls_.List(folder_ / "quarantine");
    if (!kept.ok() || kept->empty()) return;
    check_.notes.push_back(fmt::format("{}: {} segments that were set aside, never read again",
                                       (folder_ / "quarantine").string(), kept->size()));
  }

  os::FileCalls& calls_;
  const std::filesystem::path& folder_;
  const bool is_in_use_;
  const std::function<void(const JournalReader::Found& found)>& take_;
  std::map<std::uint64_t, Continuation> continued_;   // by the segment that is continued
  std::map<std::uint64_t, std::uint64_t> continues_;  // which one a segment continues
  JournalCheck check_;
};

}  // namespace

std::string OwnerOfJournal(os::FileCalls& calls, const std::filesystem::path& folder) {
  const auto names = calls.List(folder);
  if (!names.ok()) return "";
  std::uint64_t newest = 0;
  std::string owner;
  for (const std::string& name : *names) {
    const auto segment = ParseSegmentName(name);
    if (!segment || *segment < newest) continue;
    const auto reader = SegmentReader::Open(calls, folder / name);
    if (!reader.ok()) continue;
    newest = *segment;
    owner = reader->header().owner;
  }
  return owner;
}

Result<JournalCheck> CheckJournal(os::FileCalls& calls, const std::filesystem::path& folder, const std::string& owner,
                                  bool is_in_use, const std::function<void(const JournalReader::Found& found)>& take) {
  return Checker(calls, folder, is_in_use, take).Check(owner);
}

}  // namespace inferometer::store
