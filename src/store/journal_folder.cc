#include "store/journal_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/segment_reader.h"

namespace inferometer::store {
namespace {

constexpr std::string_view kQuarantine = "quarantine";
// A failure may pass, and what is not seen at the start is not seen until the next one.
constexpr int kTries = 3;

// What became of one file.
struct Verdict {
  enum class Kind { kOurs, kTornCreation, kNotOurs, kUnreadableNow } kind = Kind::kOurs;
  std::string reason;
};

// A segment of ours, before it is read through.
struct Candidate {
  std::string name;
  SegmentHeader header;
  std::uint64_t size = 0;   // of the file
  std::uint64_t bytes = 0;  // of these count
  std::optional<Seal> seal;
};

class Surveyor {
 public:
  Surveyor(os::FileCalls& calls, const std::filesystem::path& folder, const std::string& owner, bool may_change)
      : calls_(calls), folder_(folder), owner_(owner), may_change_(may_change) {}

  Result<FolderSurvey> Survey() {
    ASSIGN_OR_RETURN(const auto names, List());
    for (const std::string& name : names) {
      found_.highest_segment = std::max(found_.highest_segment, ParseSegmentName(name).value_or(0));
    }
    for (const std::string& name : names) {
      if (const auto segment = ParseSegmentName(name)) LookAt(*segment, name);
    }
    std::sort(candidates_.begin(), candidates_.end(),
              [](const Candidate& a, const Candidate& b) { return a.header.segment < b.header.segment; });
    for (const Candidate& one : candidates_) ApplyContinuation(one);
    for (const Candidate& one : candidates_) Take(one);
    for (std::size_t i = 0; i + 1 < kept_.size(); ++i) NoteMissingEnd(i);
    return std::move(found_);
  }

 private:
  Result<std::vector<std::string>> List() {
    auto names = calls_.List(folder_);
    for (int i = 1; i < kTries && !names.ok(); ++i) names = calls_.List(folder_);
    return names;
  }

  void LookAt(std::uint64_t segment, const std::string& name) {
    Candidate candidate{.name = name, .header = {}, .seal = {}};
    Verdict verdict = Judge(segment, candidate);
    for (int i = 1; i < kTries && verdict.kind == Verdict::Kind::kUnreadableNow; ++i) {
      verdict = Judge(segment, candidate);
    }
    switch (verdict.kind) {
      case Verdict::Kind::kOurs: return candidates_.push_back(std::move(candidate));
      case Verdict::Kind::kTornCreation: return RemoveLitter(name);
      case Verdict::Kind::kNotOurs: found_.foreign.push_back(name); break;
      case Verdict::Kind::kUnreadableNow:
        return PassOver(fmt::format("{}: {}", (folder_ / name).string(), verdict.reason));
    }
    found_.set_aside.push_back(fmt::format("{}: {}", (folder_ / name).string(), verdict.reason));
  }

  void PassOver(const std::string& why) {
    found_.set_aside.push_back(why);
    found_.unread.push_back(why);
    found_.is_whole = false;
  }

  Verdict Judge(std::uint64_t segment, Candidate& candidate) {
    auto reader = SegmentReader::Open(calls_, folder_ / candidate.name);
    if (!reader.ok()) return JudgeUnreadable(segment, candidate.name, reader.status());
    candidate.header = reader->header();
    if (!owner_.empty() && candidate.header.owner != owner_) {
      return {Verdict::Kind::kNotOurs, fmt::format("is the journal of {}, not of {}", candidate.header.owner, owner_)};
    }
    if (candidate.header.segment != segment) {
      return {Verdict::Kind::kNotOurs, fmt::format("is segment {}", candidate.header.segment)};
    }
    const auto size = reader->Size();
    if (!size.ok()) return {Verdict::Kind::kUnreadableNow, size.status().message()};
    candidate.size = candidate.bytes = *size;
    candidate.seal = reader->ReadSeal(*size);
    return {};
  }

  Verdict JudgeUnreadable(std::uint64_t segment, const std::string& name, const Status& status) {
    if (status.code() == Code::kFailedPrecondition) return {Verdict::Kind::kNotOurs, status.message()};
    if (status.code() != Code::kDataLoss) return {Verdict::Kind::kUnreadableNow, status.message()};
    std::string bytes(kHeaderBytes, '\0');
    auto file = os::OpenFile::Open(calls_, folder_ / name, os::Access::kRead);
    const auto size = file.ok() ? file->Size() : Result<std::uint64_t>(file.status());
    const auto got = size.ok() ? file->ReadUpTo(bytes, 0) : Result<std::size_t>(size.status());
    if (!got.ok()) return {Verdict::Kind::kUnreadableNow, got.status().message()};
    // A header is durable before anything else of the segment counts.
    const bool is_blank = bytes.find_first_not_of('\0') == std::string::npos && segment == found_.highest_segment;
    const bool never_used = *size <= kHeaderBytes || is_blank;
    return {never_used ? Verdict::Kind::kTornCreation : Verdict::Kind::kNotOurs, status.message()};
  }

  // A later segment of the stream may say where an earlier one ends.
  void ApplyContinuation(const Candidate& later) {
    const auto earlier =
        std::lower_bound(candidates_.begin(), candidates_.end(), later.header.continued_segment,
                         [](const Candidate& one, std::uint64_t segment) { return one.header.segment < segment; });
    if (earlier == candidates_.end() || earlier->header.segment != later.header.continued_segment) return;
    if (earlier->header.stream != later.header.stream) return;
    earlier->bytes = std::min(earlier->bytes, later.header.continued_bytes);
  }

  void Take(const Candidate& candidate) {
    SegmentInfo info{.segment = candidate.header.segment,
                     .stream = candidate.header.stream,
                     .bytes = candidate.bytes,
                     .begun = candidate.header.begun};
    if (candidate.seal && candidate.bytes == candidate.size) {
      info.first_sequence = candidate.seal->first_sequence;
      info.last_sequence = candidate.seal->last_sequence;
      info.is_sealed = true;
    } else if (const Status read = ReadThrough(candidate, info); !read.ok()) {
      return PassOver(read.message());
    }
    found_.segments.push_back(info);
    kept_.push_back(&candidate);
  }

  Status ReadThrough(const Candidate& candidate, SegmentInfo& info) {
    ASSIGN_OR_RETURN(auto reader, Reopen(candidate.name));
    // A process may have died between a write and its sync: what is built on it now must not go with a power cut.
    if (may_change_) reader.SyncData().IgnoreBecause("then it is as durable as it was");
    Entry entry;
    std::uint64_t good_end = kHeaderBytes;
    int failures = 0;
    for (;;) {
      const auto more = reader.Next(info.bytes, entry);
      if (!more.ok()) {
        if (++failures < kTries) continue;
        reader.SkipBlock();
        info.is_all_read = false;
        continue;
      }
      failures = 0;
      if (!*more) break;
      good_end = reader.offset();
      if (IsNumbered(entry.type)) info.Note(entry.sequence);
    }
    found_.damaged_places += reader.damage().places;
    if (info.is_all_read) {
      found_.torn_bytes += info.bytes - good_end;
      info.bytes = good_end;
    } else {
      // It may hold more than was seen, and may be read later.
      found_.is_whole = false;
      info.first_sequence = candidate.header.next_sequence;
      info.last_sequence = std::max(info.last_sequence, info.first_sequence);
    }
    return Ok();
  }

  Result<SegmentReader> Reopen(const std::string& name) {
    auto reader = SegmentReader::Open(calls_, folder_ / name);
    for (int i = 1; i < kTries && !reader.ok(); ++i) reader = SegmentReader::Open(calls_, folder_ / name);
    return reader;
  }

  // The next segment knows up to which record this one was durable.
  void NoteMissingEnd(std::size_t index) {
    SegmentInfo& info = found_.segments[index];
    const SegmentHeader& header = kept_[index]->header;
    const SegmentHeader& next = kept_[index + 1]->header;
    std::uint64_t last = 0;
    if (next.stream == header.stream) last = next.next_sequence - 1;
    if (next.previous_stream == header.stream) last = next.previous_last_sequence;
    if (last < header.next_sequence || last <= info.last_sequence) return;
    if (info.first_sequence == 0) info.first_sequence = header.next_sequence;
    info.last_sequence = last;
  }

  void RemoveLitter(const std::string& name) {
    found_.unfinished.push_back((folder_ / name).string());
    if (may_change_) calls_.Unlink(folder_ / name).IgnoreBecause("it holds nothing; the next start tries again");
  }

  os::FileCalls& calls_;
  const std::filesystem::path& folder_;
  const std::string& owner_;
  const bool may_change_;
  std::vector<Candidate> candidates_;   // in order, once all are looked at
  std::vector<const Candidate*> kept_;  // of found_.segments
  FolderSurvey found_;
};

Status SetAsideOne(os::FileCalls& calls, const std::filesystem::path& folder, const std::string& name) {
  const auto quarantine = folder / kQuarantine;
  RETURN_IF_ERROR(calls.CreateFolder(quarantine));
  const auto kept = calls.List(quarantine);
  if (kept.ok() && kept->size() >= kMostQuarantined) {
    calls.Unlink(quarantine / kept->front()).IgnoreBecause("one file too many is not worth an error");
  }
  for (int copy = 0; copy < 100; ++copy) {
    const auto place = quarantine / (copy == 0 ? name : fmt::format("{}.{}", name, copy));
    const auto taken = calls.Open(place, os::Access::kRead);
    if (taken.ok()) {
      calls.Close(*taken).IgnoreBecause("nothing was written");
      continue;
    }
    return calls.Rename(folder / name, place);
  }
  return {Code::kFailedPrecondition, "every name in " + quarantine.string() + " is taken"};
}

}  // namespace

Result<FolderSurvey> SurveyJournal(os::FileCalls& calls, const std::filesystem::path& folder,
                                   const std::string& owner) {
  return Surveyor(calls, folder, owner, /*may_change=*/true).Survey();
}

Result<FolderSurvey> InspectJournal(os::FileCalls& calls, const std::filesystem::path& folder,
                                    const std::string& owner) {
  return Surveyor(calls, folder, owner, /*may_change=*/false).Survey();
}

Status SetAside(os::FileCalls& calls, const std::filesystem::path& folder, const FolderSurvey& survey) {
  Status first_failure;
  if (!survey.unread.empty()) return first_failure;
  for (const std::string& name : survey.foreign) {
    const Status moved = SetAsideOne(calls, folder, name);
    if (first_failure.ok()) first_failure = moved;
  }
  return first_failure;
}

}  // namespace inferometer::store
