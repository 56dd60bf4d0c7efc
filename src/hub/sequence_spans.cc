#include "hub/sequence_spans.h"

#include <algorithm>
#include <utility>

#include "base/little_endian.h"
#include "base/record_key.h"

namespace inferometer::hub {
namespace {

using Kind = SequenceSpans::Kind;
using Range = SequenceSpans::Range;
using Span = SequenceSpans::Span;

constexpr std::size_t kHeadBytes = 20;  // upto, first held, number of spans
constexpr std::size_t kSpanBytes = 17;  // from, to, kind

bool Touch(const Span& left, const Span& right) { return left.to + 1 == right.from; }

void AppendUnlessEmpty(std::vector<Span>& spans, const Span& span) {
  if (span.from <= span.to) spans.push_back(span);
}

// `span` with its part in `range` turned into `kind`.
void AppendTurned(std::vector<Span>& spans, const Span& span, Range range, Kind kind) {
  AppendUnlessEmpty(spans, {span.from, std::min(span.to, range.from - 1), span.kind});
  AppendUnlessEmpty(spans, {std::max(span.from, range.from), std::min(span.to, range.to), kind});
  AppendUnlessEmpty(spans, {std::max(span.from, range.to + 1), span.to, span.kind});
}

}  // namespace

std::size_t SequenceSpans::Find(std::uint64_t sequence) const {
  const auto place = std::lower_bound(spans_.begin(), spans_.end(), sequence,
                                      [](const Span& span, std::uint64_t wanted) { return span.to < wanted; });
  return static_cast<std::size_t>(place - spans_.begin());
}

std::size_t SequenceSpans::CountAbove() const { return spans_.size() - Find(upto_ + 1); }

bool SequenceSpans::IsStored(std::uint64_t sequence) const {
  if (sequence < first_held_) return false;
  const std::size_t at = Find(sequence);
  if (at < spans_.size() && spans_[at].from <= sequence) return spans_[at].kind == Kind::kStored;
  return sequence <= upto_;
}

bool SequenceSpans::CanStore(std::uint64_t sequence, std::size_t most_above) const {
  constexpr std::size_t kMostThatOneAdds = 2;
  if (sequence == upto_ + 1 || spans_.size() + kMostThatOneAdds <= most_above) return true;
  SequenceSpans trial = *this;
  trial.Store(sequence);
  return trial.CountAbove() <= most_above;
}

void SequenceSpans::Store(std::uint64_t sequence) {
  const bool nothing_above = spans_.empty() || spans_.back().to <= upto_;
  if (sequence == upto_ + 1 && nothing_above) {
    ++upto_;
    return;
  }
  if (sequence < first_held_) {
    BeginBefore(sequence);
    return;
  }
  CutOut(sequence);
  if (sequence > upto_) {
    const auto place = spans_.begin() + static_cast<std::ptrdiff_t>(Find(sequence));
    spans_.insert(place, {sequence, sequence, Kind::kStored});
  }
  Settle();
}

void SequenceSpans::CutOut(std::uint64_t sequence) {
  const std::size_t at = Find(sequence);
  if (at == spans_.size() || spans_[at].from > sequence) return;
  std::vector<Span> left_over;
  AppendUnlessEmpty(left_over, {spans_[at].from, sequence - 1, spans_[at].kind});
  AppendUnlessEmpty(left_over, {sequence + 1, spans_[at].to, spans_[at].kind});
  const auto place = spans_.erase(spans_.begin() + static_cast<std::ptrdiff_t>(at));
  spans_.insert(place, left_over.begin(), left_over.end());
}

void SequenceSpans::MarkHoles(Range range, Kind kind) {
  range.from = std::max(range.from, first_held_);
  if (range.from > range.to) return;
  std::vector<Span> marked;
  std::uint64_t awaited = std::max(range.from, upto_ + 1);
  for (const Span& span : spans_) {
    AppendUnlessEmpty(marked, {awaited, std::min(range.to, span.from - 1), kind});
    if (span.kind == Kind::kMissing && kind == Kind::kLost) {
      AppendTurned(marked, span, range, kind);
    } else {
      marked.push_back(span);
    }
    awaited = std::max(awaited, span.to + 1);
  }
  AppendUnlessEmpty(marked, {awaited, range.to, kind});
  spans_ = std::move(marked);
  Settle();
}

bool SequenceSpans::MarkLost(Range range, std::size_t most_above) {
  SequenceSpans trial = *this;
  trial.MarkHoles(range, Kind::kLost);
  if (trial.CountAbove() > most_above) return false;
  *this = std::move(trial);
  return true;
}

bool SequenceSpans::SetFirstHeld(std::uint64_t first, std::size_t most_above) {
  SequenceSpans trial = *this;
  if (trial.first_held_ == 0) trial.BeginAt(first);
  if (first - 1 > trial.upto_) trial.MarkHoles({trial.upto_ + 1, first - 1}, Kind::kMissing);
  if (trial.CountAbove() > most_above) return false;
  *this = std::move(trial);
  return true;
}

// What came before the device said where it begins was held, too.
void SequenceSpans::BeginAt(std::uint64_t first) {
  if (upto_ > 0) {
    first_held_ = 1;
    return;
  }
  first_held_ = spans_.empty() ? first : std::min(first, spans_.front().from);
  upto_ = first_held_ - 1;
  Settle();
}

void SequenceSpans::BeginBefore(std::uint64_t sequence) {
  const std::uint64_t first_before = std::exchange(first_held_, sequence);
  if (sequence + 1 < first_before) spans_.insert(spans_.begin(), {sequence + 1, first_before - 1, Kind::kMissing});
  Settle();
}

void SequenceSpans::Settle() {
  for (const Span& span : spans_) {
    if (span.from <= upto_ + 1) upto_ = std::max(upto_, span.to);
  }
  std::vector<Span> settled;
  for (const Span& span : spans_) {
    if (span.kind == Kind::kStored && span.to <= upto_) continue;
    if (!settled.empty() && settled.back().kind == span.kind && Touch(settled.back(), span)) {
      settled.back().to = span.to;
    } else {
      settled.push_back(span);
    }
  }
  spans_ = std::move(settled);
}

std::size_t SequenceSpans::ForgetHoles(std::size_t most_spans) {
  if (spans_.size() <= most_spans) return 0;
  const std::size_t forgotten = std::min(spans_.size() - most_spans, Find(upto_ + 1));
  spans_.erase(spans_.begin(), spans_.begin() + static_cast<std::ptrdiff_t>(forgotten));
  return forgotten;
}

std::vector<Range> SequenceSpans::Gaps(std::size_t most) const {
  std::vector<Range> gaps;
  const auto add = [&](std::uint64_t from, std::uint64_t to) {
    if (from <= to && gaps.size() < most) gaps.push_back({from, to});
  };
  std::uint64_t awaited = upto_ + 1;
  for (const Span& span : spans_) {
    add(awaited, span.from - 1);
    if (span.kind == Kind::kMissing) add(span.from, span.to);
    awaited = std::max(awaited, span.to + 1);
  }
  return gaps;
}

// Below the watermark everything but the holes, above it only what is said to be.
std::vector<Range> SequenceSpans::Stored() const {
  std::vector<Range> stored;
  const auto add = [&](std::uint64_t from, std::uint64_t to) {
    if (from <= to) stored.push_back({from, to});
  };
  std::uint64_t next = std::max<std::uint64_t>(first_held_, 1);
  for (const Span& span : spans_) {
    if (span.to <= upto_) add(next, span.from - 1);
    if (span.to <= upto_) next = span.to + 1;
    if (span.from > upto_) break;
  }
  add(next, upto_);
  for (const Span& span : spans_) {
    if (span.from > upto_ && span.kind == Kind::kStored) add(span.from, span.to);
  }
  return stored;
}

std::vector<Range> SequenceSpans::Lost() const {
  std::vector<Range> lost;
  for (const Span& span : spans_) {
    if (span.kind == Kind::kLost) lost.push_back({span.from, span.to});
  }
  return lost;
}

void SequenceSpans::Append(std::string& out) const {
  base::AppendLittleEndian(out, upto_);
  base::AppendLittleEndian(out, first_held_);
  base::AppendLittleEndian(out, static_cast<std::uint32_t>(spans_.size()));
  for (const Span& span : spans_) {
    base::AppendLittleEndian(out, span.from);
    base::AppendLittleEndian(out, span.to);
    base::AppendLittleEndian(out, static_cast<std::uint8_t>(span.kind));
  }
}

Result<SequenceSpans> SequenceSpans::Take(std::string_view& bytes) {
  if (bytes.size() < kHeadBytes) return Status(Code::kDataLoss, "a stream that is cut short").At(bytes.size());
  SequenceSpans taken;
  taken.upto_ = base::ReadLittleEndian<std::uint64_t>(bytes, 0);
  taken.first_held_ = base::ReadLittleEndian<std::uint64_t>(bytes, 8);
  const std::size_t count = base::ReadLittleEndian<std::uint32_t>(bytes, 16);
  if (count > (bytes.size() - kHeadBytes) / kSpanBytes) {
    return Status(Code::kDataLoss, "more spans than there are bytes for").At(16);
  }
  taken.spans_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view span = bytes.substr(kHeadBytes + i * kSpanBytes, kSpanBytes);
    taken.spans_.push_back({base::ReadLittleEndian<std::uint64_t>(span, 0),
                            base::ReadLittleEndian<std::uint64_t>(span, 8),
                            static_cast<Kind>(base::ReadLittleEndian<std::uint8_t>(span, 16))});
  }
  if (!taken.KeepsItsRules()) return Status(Code::kDataLoss, "spans that cannot be").At(0);
  bytes.remove_prefix(kHeadBytes + count * kSpanBytes);
  return taken;
}

bool SequenceSpans::KeepsItsRules() const {
  if (upto_ > base::kLargestSequence || first_held_ > upto_ + 1) return false;
  const Span* before = nullptr;
  for (const Span& span : spans_) {
    if (span.from == 0 || span.from > span.to || span.to > base::kLargestSequence) return false;
    if (span.from < first_held_ || span.kind > Kind::kMissing) return false;
    if (before != nullptr && span.from <= before->to) return false;
    if (before != nullptr && before->kind == span.kind && Touch(*before, span)) return false;
    const bool below = span.to <= upto_;
    if (below ? span.kind == Kind::kStored : span.from <= upto_ + 1) return false;
    before = &span;
  }
  return true;
}

}  // namespace inferometer::hub
