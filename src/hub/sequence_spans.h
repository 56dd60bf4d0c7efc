#pragma once
// Which sequences of one stream are stored, which are lost, and how far nothing is missing.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::hub {

// A sequence is stored, lost (the device said so), missing (the device no longer holds it and has not said that it is
// lost), or awaited. `upto` is the watermark: no sequence up to it is awaited. In the usual case that one number is all
// there is; every exception from "stored up to here, awaited from here on" is a span.
//
// Copyable value; one thread at a time. Sequences are 1 to base::kLargestSequence.
class SequenceSpans {
 public:
  enum class Kind : std::uint8_t { kStored = 0, kLost = 1, kMissing = 2 };  // values stand in checkpoints
  // Both ends belong to it.
  struct Span {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    Kind kind = Kind::kStored;
    friend bool operator==(const Span&, const Span&) = default;
  };
  struct Range {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    friend bool operator==(const Range&, const Range&) = default;
  };

  [[nodiscard]] bool IsStored(std::uint64_t sequence) const;
  [[nodiscard]] std::uint64_t upto() const { return upto_; }
  [[nodiscard]] std::size_t span_count() const { return spans_.size(); }

  // Whether Store would leave at most so many spans above the watermark. Always true for upto() + 1.
  [[nodiscard]] bool CanStore(std::uint64_t sequence, std::size_t most_above) const;
  void Store(std::uint64_t sequence);

  // What of the range is not stored is lost. False, and nothing changed, where that would leave more than `most_above`
  // spans above the watermark.
  [[nodiscard]] bool MarkLost(Range range, std::size_t most_above);

  // The device holds nothing before `first`. The first call says where the stream begins for this hub: what was before,
  // it neither has nor misses. After a later call, what is awaited before `first` is missing. False as in MarkLost.
  [[nodiscard]] bool SetFirstHeld(std::uint64_t first, std::size_t most_above);

  // Forgets the lowest holes below the watermark until there are at most so many spans, as far as that goes: what was
  // lost or missing there counts as stored from then on. Returns how many.
  std::size_t ForgetHoles(std::size_t most_spans);

  // Missing, or awaited although something after it has come; lowest first, at most `most`.
  [[nodiscard]] std::vector<Range> Gaps(std::size_t most) const;

  // What is stored; of what was forgotten (ForgetHoles), too much. Lowest first.
  [[nodiscard]] std::vector<Range> Stored() const;
  [[nodiscard]] std::vector<Range> Lost() const;
  // The first that the device ever said it could send; nothing: it has not said so.
  [[nodiscard]] std::optional<std::uint64_t> first_held() const {
    return first_held_ == 0 ? std::nullopt : std::optional(first_held_);
  }

  // The binary form in a checkpoint (streams.h).
  void Append(std::string& out) const;
  // Takes one off the front of `bytes`. kDataLoss, with the offset into what `bytes` was, where it is cut short or
  // breaks a rule.
  [[nodiscard]] static Result<SequenceSpans> Take(std::string_view& bytes);

  friend bool operator==(const SequenceSpans&, const SequenceSpans&) = default;

 private:
  // The index of the first span that ends at `sequence` or later.
  [[nodiscard]] std::size_t Find(std::uint64_t sequence) const;
  [[nodiscard]] std::size_t CountAbove() const;
  // Takes one sequence out of the span that it is in, if any.
  void CutOut(std::uint64_t sequence);
  // Makes `kind` of what is awaited in `range`; a loss also of what is missing there.
  void MarkHoles(Range range, Kind kind);
  void BeginAt(std::uint64_t first);
  void BeginBefore(std::uint64_t sequence);
  // Brings back what is said of spans_ below, after a change to them.
  void Settle();
  [[nodiscard]] bool KeepsItsRules() const;

  // Spans are sorted and apart. Those up to upto_ are holes (not stored); none begins at upto_ + 1. Neighbours differ
  // in kind or do not touch.
  std::uint64_t upto_ = 0;
  std::uint64_t first_held_ = 0;  // 0: no device said so yet. What is before was never here and is not awaited.
  std::vector<Span> spans_;
};

}  // namespace inferometer::hub
