#pragma once
// Replays the public environmental sensor data set, or any CSV with its columns.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"
#include "os/doorbell.h"
#include "telemetry/sensor_message.h"

namespace inferometer::telemetry {

inline constexpr std::size_t kLongestRowBytes = std::size_t{16} * 1024;

// Streams rows in constant memory, whatever their number. Movable; one thread at a time.
class CsvReplay {
 public:
  // Fills the front of the span and returns how much; 0 at the end.
  using ReadBytes = std::function<Result<std::size_t>(std::span<char>)>;
  // A row that is no message, with the name of the input and the line.
  using OnMalformed = std::function<void(const Status&)>;

  // Reads the header: columns ts, device, co, humidity, light, lpg, motion, smoke and temp in any order, perhaps among
  // others. kInvalidArgument names a missing or repeated one. Path "-" is the standard input. When `stop` is given (it
  // must outlive the replay), ringing it ends a wait for input: Next returns kCancelled.
  [[nodiscard]] static Result<CsvReplay> Open(const std::string& path, OnMalformed on_malformed,
                                              const os::Doorbell* stop = nullptr);
  [[nodiscard]] static Result<CsvReplay> Create(ReadBytes read, std::string name, OnMalformed on_malformed);

  // The next message, or nothing at the end. Rows that are no messages are reported, counted and passed over; an error
  // is one of reading, and the end of this replay.
  [[nodiscard]] Result<std::optional<SensorMessage>> Next();

  [[nodiscard]] std::uint64_t malformed_rows() const { return malformed_rows_; }

 private:
  static constexpr std::size_t kColumns = 9;

  CsvReplay(ReadBytes read, std::string name, OnMalformed on_malformed)
      : read_(std::move(read)), name_(std::move(name)), on_malformed_(std::move(on_malformed)) {}

  [[nodiscard]] Status ReadHeader();
  [[nodiscard]] Status SkipByteOrderMark();
  [[nodiscard]] Status FindColumns();
  // The row at the front of the unread text; empty at the end. Longer than kLongestRowBytes: as much of it.
  [[nodiscard]] Result<std::string_view> PeekRow();
  [[nodiscard]] Status ReadMore();
  void Consume(std::size_t bytes);
  // Passes over the row's first line only, since a quote that is not closed makes later ones look like parts of it.
  [[nodiscard]] Status PassOverLine(std::string_view row);
  void Report(const Status& trouble);

  [[nodiscard]] Result<SensorMessage> MessageOf(std::string_view row);
  [[nodiscard]] Status Fill(std::size_t column, std::string_view text, SensorMessage& message) const;
  [[nodiscard]] std::string_view Unread() const { return std::string_view(buffer_).substr(begin_); }

  ReadBytes read_;
  std::string name_;
  OnMalformed on_malformed_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of the unread part of buffer_
  bool at_end_ = false;
  std::uint64_t line_ = 1;  // of the unread text
  std::uint64_t malformed_rows_ = 0;
  std::vector<std::string> fields_;
  std::size_t header_fields_ = 0;
  std::array<std::size_t, kColumns> field_of_column_{};
};

}  // namespace inferometer::telemetry
