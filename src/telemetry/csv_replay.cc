#include "telemetry/csv_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/device_id.h"
#include "os/input_stream.h"
#include "telemetry/csv_row.h"
#include "telemetry/readings.h"

namespace inferometer::telemetry {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{64} * 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The columns: these two, then the numbers and the switches of readings.h.
constexpr std::size_t kTs = 0;
constexpr std::size_t kDevice = 1;
constexpr std::size_t kFirstNumber = 2;
constexpr std::size_t kFirstSwitch = kFirstNumber + kNumberReadings.size();

std::string_view ColumnName(std::size_t column) {
  if (column == kTs) return "ts";
  if (column == kDevice) return "device";
  if (column < kFirstSwitch) return kNumberReadings[column - kFirstNumber].name;
  return kSwitchReadings[column - kFirstSwitch].name;
}

Status Wrong(std::string what) { return {Code::kInvalidArgument, std::move(what)}; }

// Puts a good value where it belongs, or names the column and shows the value.
template <typename T>
Status Keep(Result<T> result, T& target, std::size_t column, std::string_view text) {
  constexpr std::size_t kMostShown = 32;
  if (!result.ok()) {
    return Wrong(fmt::format("column {}: {}: \"{}\"", ColumnName(column), result.status().message(),
                             text.substr(0, kMostShown)));
  }
  target = std::move(result).value();
  return Ok();
}

Result<double> NumberInRange(std::size_t index, std::string_view text) {
  ASSIGN_OR_RETURN(const double value, NumberFromText(text));
  return CheckRange(kNumberReadings[index], value);
}

}  // namespace

Result<CsvReplay> CsvReplay::Open(const std::string& path, OnMalformed on_malformed, const os::Doorbell* stop) {
  ASSIGN_OR_RETURN(auto opened, os::InputStream::Open(path, stop));
  auto stream = std::make_shared<os::InputStream>(std::move(opened));
  return Create([stream](std::span<char> buffer) { return stream->Read(buffer); },
                path == "-" ? "standard input" : path, std::move(on_malformed));
}

Result<CsvReplay> CsvReplay::Create(ReadBytes read, std::string name, OnMalformed on_malformed) {
  static_assert(kColumns == kFirstSwitch + kSwitchReadings.size());
  CsvReplay replay(std::move(read), std::move(name), std::move(on_malformed));
  RETURN_IF_ERROR(replay.ReadHeader());
  return replay;
}

Status CsvReplay::ReadMore() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kChunkBytes);
  const auto got = read_(std::span<char>(buffer_).subspan(before));
  buffer_.resize(before + (got.ok() ? *got : 0));
  RETURN_IF_ERROR(got.status());
  at_end_ = *got == 0;
  return Ok();
}

Result<std::string_view> CsvReplay::PeekRow() {
  for (;;) {
    const std::string_view head = Unread().substr(0, kLongestRowBytes);
    if (const auto length = RowLength(head)) return head.substr(0, *length);
    if (at_end_ || Unread().size() >= kLongestRowBytes) return head;
    RETURN_IF_ERROR(ReadMore());
  }
}

void CsvReplay::Consume(std::size_t bytes) {
  const std::string_view consumed = Unread().substr(0, bytes);
  line_ += static_cast<std::uint64_t>(std::count(consumed.begin(), consumed.end(), '\n'));
  begin_ += bytes;
}

Status CsvReplay::PassOverLine(std::string_view row) {
  const std::size_t in_row = row.find('\n');
  if (in_row != std::string_view::npos) {
    Consume(in_row + 1);
    return Ok();
  }
  for (;;) {
    const std::size_t end = Unread().find('\n');
    Consume(end == std::string_view::npos ? Unread().size() : end + 1);
    if (end != std::string_view::npos || at_end_) return Ok();
    RETURN_IF_ERROR(ReadMore());
  }
}

Status CsvReplay::SkipByteOrderMark() {
  while (Unread().size() < kByteOrderMark.size() && !at_end_) RETURN_IF_ERROR(ReadMore());
  if (Unread().starts_with(kByteOrderMark)) begin_ += kByteOrderMark.size();
  return Ok();
}

Status CsvReplay::ReadHeader() {
  RETURN_IF_ERROR(SkipByteOrderMark());
  ASSIGN_OR_RETURN(const std::string_view row, PeekRow());
  if (row.empty()) return Wrong(name_ + " is empty: a header of column names is missing");
  Status status = SplitRow(row, fields_);
  if (status.ok()) status = FindColumns();
  if (!status.ok()) return Wrong(fmt::format("{}, line {}: {}", name_, line_, status.message()));
  Consume(row.size());
  return Ok();
}

Status CsvReplay::FindColumns() {
  header_fields_ = fields_.size();
  for (std::size_t column = 0; column < kColumns; ++column) {
    const auto found = std::find(fields_.begin(), fields_.end(), ColumnName(column));
    if (found == fields_.end()) {
      return Wrong(
          fmt::format("the column \"{}\" is missing; wanted are ts, device, co, humidity, light, lpg, motion, "
                      "smoke and temp, in any order",
                      ColumnName(column)));
    }
    if (std::find(found + 1, fields_.end(), ColumnName(column)) != fields_.end()) {
      return Wrong(fmt::format("the column \"{}\" stands twice", ColumnName(column)));
    }
    field_of_column_[column] = static_cast<std::size_t>(found - fields_.begin());
  }
  return Ok();
}

void CsvReplay::Report(const Status& trouble) {
  ++malformed_rows_;
  if (on_malformed_) on_malformed_(Wrong(fmt::format("{}, line {}: {}", name_, line_, trouble.message())));
}

Result<std::optional<SensorMessage>> CsvReplay::Next() {
  for (;;) {
    ASSIGN_OR_RETURN(const std::string_view row, PeekRow());
    if (row.empty()) return std::optional<SensorMessage>();
    if (row == "\n" || row == "\r\n") {
      Consume(row.size());
      continue;
    }
    auto message = MessageOf(row);
    if (message.ok()) {
      Consume(row.size());
      return std::optional<SensorMessage>(std::move(message).value());
    }
    Report(message.status());
    RETURN_IF_ERROR(PassOverLine(row));
  }
}

Result<SensorMessage> CsvReplay::MessageOf(std::string_view row) {
  if (row.size() >= kLongestRowBytes) {
    return Wrong("more than 16384 bytes without an end of the row: is a quote not closed?");
  }
  RETURN_IF_ERROR(SplitRow(row, fields_));
  if (fields_.size() != header_fields_) {
    return Wrong(fmt::format("{} fields, where the header has {}", fields_.size(), header_fields_));
  }
  SensorMessage message;
  for (std::size_t column = 0; column < kColumns; ++column) {
    RETURN_IF_ERROR(Fill(column, fields_[field_of_column_[column]], message));
  }
  return message;
}

Status CsvReplay::Fill(std::size_t column, std::string_view text, SensorMessage& message) const {
  if (column == kTs) return Keep(TimeFromText(text), message.ts, column, text);
  if (column == kDevice) return Keep(base::CanonicalDeviceId(text), message.device_id, column, text);
  if (column < kFirstSwitch) {
    const std::size_t index = column - kFirstNumber;
    return Keep(NumberInRange(index, text), message.*kNumberReadings[index].member, column, text);
  }
  return Keep(SwitchFromText(text), message.*kSwitchReadings[column - kFirstSwitch].member, column, text);
}

}  // namespace inferometer::telemetry
