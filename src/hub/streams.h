#pragma once
// Which records the hub holds already: exactly-once starts here.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hub/recent_checksums.h"
#include "hub/sequence_spans.h"
#include "inferometer/status.h"

namespace inferometer::hub {

enum class Verdict {
  kNew,                  // not stored: append it, then Accept
  kDuplicate,            // stored, with the same payload
  kDuplicateUnverified,  // stored, too long ago to tell whether with the same payload
  kConflict,             // stored with another payload: to be rejected, never stored
  kTooScattered,  // not stored, and there is no room to remember it: not to be stored now, the device sends again
};

// The least that a sequence in order needs is always there, so that a stream that sends oldest first always gets on.
struct StreamLimits {
  std::size_t streams_of_device = 4096;
  std::size_t streams = 1'000'000;       // of all devices
  std::size_t spans_of_stream = 1024;    // what is not in order, is lost or is missing (SequenceSpans)
  std::size_t spans_of_device = 16'384;  //
  std::size_t spans = 1'000'000;         // of all devices
  std::size_t checksum_bytes = std::size_t{64} << 20;
};

// What the limits cost, since the hub started.
struct StreamCounters {
  std::uint64_t streams_forgotten = 0;    // what is sent of them again will be stored twice
  std::uint64_t too_scattered = 0;        // records refused
  std::uint64_t reports_refused = 0;      // of a loss or of what is held; the device makes them again
  std::uint64_t holes_forgotten = 0;      // lost or missing ranges that count as stored from then on
  std::uint64_t checksums_forgotten = 0;  // streams whose repetitions can no longer be verified
};

struct Gap {
  std::uint64_t stream = 0;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  friend bool operator==(const Gap&, const Gap&) = default;
};

// The dedup state of all devices: a cache of what the journal holds, made again from its last checkpoint and the
// entries behind that. One thread at a time. About 90 bytes for a stream in order of which nothing is said any more, up
// to 4 KiB more while it is written; the limits bound the rest. How many devices there are, DeviceTable bounds.
//
// Device ids are canonical, sequences 1 to base::kLargestSequence, ranges not empty. Where a limit is reached, the
// streams that were longest untouched give way, a sixteenth at a time.
class Streams {
 public:
  explicit Streams(const StreamLimits& limits = {});

  // `checksum` is the payload's. Remembers nothing of a record that is new.
  [[nodiscard]] Verdict Judge(std::string_view device, std::uint64_t stream, std::uint64_t sequence,
                              std::uint32_t checksum);
  // The record is in the journal. Without a checksum (a record read back, of which only the stored text is known), its
  // repetitions stay unverified. REQUIRES: judged kNew, or read from the journal.
  void Accept(std::string_view device, std::uint64_t stream, std::uint64_t sequence,
              std::optional<std::uint32_t> checksum);

  // The device says that the oldest record that it could still send is `first`. Say the losses of the same status
  // first: what is neither stored nor lost before `first` becomes a gap, over which the watermark passes, since it will
  // never come. False where a limit is reached: nothing was noted.
  bool SetFirstHeld(std::string_view device, std::uint64_t stream, std::uint64_t first);
  // A loss report of the device, once it is in the journal: what of the range is not stored will never come (of a
  // merged report, see StatusMessage::GoneUpTo). False as above.
  bool NoteLost(std::string_view device, std::uint64_t stream, std::uint64_t from, std::uint64_t to);

  // Up to which sequence everything is stored, lost or gone; nothing for a stream that is not known.
  [[nodiscard]] std::optional<std::uint64_t> Upto(std::string_view device, std::uint64_t stream) const;
  // What is neither stored nor reported lost although something after it is stored, or the device no longer holds it.
  // By stream, then from the lowest; at most `most`.
  [[nodiscard]] std::vector<Gap> Gaps(std::string_view device, std::size_t most) const;

  // Every stream, by device in no order, then by number.
  void ForEach(const std::function<void(const std::string& device, std::uint64_t stream, const SequenceSpans& spans)>&
                   each) const;

  [[nodiscard]] std::size_t device_count() const { return devices_.size(); }
  [[nodiscard]] std::size_t stream_count() const { return stream_count_; }
  [[nodiscard]] const StreamCounters& counters() const { return counters_; }

  // Appends everything but the checksums and counters, at most 64 MiB under the default limits.
  void AppendCheckpoint(std::string& out) const;
  // Replaces the state by that of a checkpoint: exactly one, nothing behind it. On failure (kDataLoss, or
  // kFailedPrecondition for a later version, with the byte) the state stays as it was.
  [[nodiscard]] Status RestoreCheckpoint(std::string_view bytes);

 private:
  static constexpr std::uint64_t kMostTouches = std::uint64_t{1} << 63U;  // there the count stands still

  struct Stream {
    std::uint64_t id = 0;
    std::uint64_t touched = 0;  // the later, the higher
    SequenceSpans spans;
    std::unique_ptr<RecentChecksums> checksums;  // none while it is quiet
  };
  struct Device {
    std::vector<Stream> streams;  // by id
    std::size_t spans = 0;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  struct Place {
    Device& device;
    Stream& stream;
  };

  [[nodiscard]] const Device* FindDevice(std::string_view device) const;
  [[nodiscard]] static const Stream* FindStream(const Device& device, std::uint64_t id);
  // Makes both where they are not there, and room for them.
  Place Touch(std::string_view device, std::uint64_t id);
  // How many spans the stream may have. Nullptr: a device and a stream that are not there yet.
  [[nodiscard]] std::size_t MostSpans(const Device* device, const Stream* stream) const;
  // Lets `change` work on the stream's spans, given how many there may be, and keeps the counts.
  template <typename ChangeSpans>
  bool Change(const Place& place, ChangeSpans change);
  void Remember(Stream& stream, std::uint64_t sequence, std::uint32_t checksum);
  void DropChecksums(Stream& stream);

  // What is not touched after `limit` goes.
  void ForgetStreams(Device& device, std::uint64_t limit);
  void ForgetStreamsOf(Device& device);
  void ForgetStreamsOfAll();
  void ForgetChecksums();

  [[nodiscard]] Status TakeDevice(std::string_view& bytes);
  [[nodiscard]] Status TakeStream(std::string_view& bytes, Device& device);

  StreamLimits limits_;
  std::unordered_map<std::string, Device, TextHash, std::equal_to<>> devices_;
  std::uint64_t now_ = 0;  // counts touches
  std::size_t stream_count_ = 0;
  std::size_t span_count_ = 0;
  std::size_t checksum_bytes_ = 0;
  StreamCounters counters_;
};

}  // namespace inferometer::hub
