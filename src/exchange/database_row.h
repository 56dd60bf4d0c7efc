#pragma once
// A record, a context and a load as rows of their tables (exchange/database_table.h): one call a cell, in the order of
// the columns.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "analyze/verification.h"
#include "inferometer/record.h"
#include "record/fields.h"
#include "store/context.h"

namespace inferometer::exchange {

// What a database takes as text: NUL, and every byte beyond ASCII in what is not UTF-8, becomes U+FFFD.
[[nodiscard]] std::string StorableText(std::string_view text);
// Whether it is that already.
[[nodiscard]] bool IsStorable(std::string_view text);

// What stands in a row beside the record.
struct RowOrigin {
  std::string record_key;
  std::optional<std::string> device_name;
  std::optional<std::string> context_key;
};

// `Cells` takes one value a call: Null(), Text(std::string_view), Real(double), Integer(std::int64_t), Boolean(bool),
// Time(WallTime), TextList(const std::vector<std::string>&), Json(std::string_view).
template <typename Cells>
class RecordCells {
 public:
  RecordCells(const InferenceRecord& record, Cells& cells) : record_(record), cells_(cells) {}

  void operator()(record::TimeMember member) const {
    Put(member, [&](WallTime time) { cells_.Time(time); });
  }
  void operator()(record::TextMember member) const {
    Put(member, [&](const std::string& text) { cells_.Text(text); });
  }
  void operator()(record::RealMember member) const {
    Put(member, [&](double value) { cells_.Real(value); });
  }
  void operator()(record::IntegerMember member) const {
    Put(member, [&](std::int64_t value) { cells_.Integer(value); });
  }
  void operator()(record::BooleanMember member) const {
    Put(member, [&](bool value) { cells_.Boolean(value); });
  }
  void operator()(record::TextListMember member) const {
    const auto& list = record_.*member;
    list.empty() ? cells_.Null() : cells_.TextList(list);
  }

 private:
  template <typename Member, typename Take>
  void Put(Member member, Take take) const {
    const auto& value = record_.*member;
    value ? take(*value) : cells_.Null();
  }
  const InferenceRecord& record_;
  Cells& cells_;
};

template <typename Cells>
void PutMaybeText(const std::optional<std::string>& text, Cells& cells) {
  text ? cells.Text(*text) : cells.Null();
}

template <typename Cells>
void PutRecordRow(const RowOrigin& origin, const InferenceRecord& record, Cells& cells) {
  cells.Text(origin.record_key);
  PutMaybeText(origin.device_name, cells);
  PutMaybeText(origin.context_key, cells);
  for (const record::Field& field : record::Fields()) std::visit(RecordCells<Cells>(record, cells), field.member);
}

// A run's context as it stands in the table, under a key made from it.
struct ContextRow {
  std::string key;
  std::string json;
};
// Nothing for an empty context: the file said nothing.
[[nodiscard]] std::optional<ContextRow> MakeContextRow(const store::Context& context);

template <typename Cells>
void PutContextRow(const ContextRow& row, Cells& cells) {
  cells.Text(row.key);
  cells.Json(row.json);
}

// The context of the records that come; they come file by file.
class LatestContext {
 public:
  // True when it is another than that of the call before, and has a row.
  [[nodiscard]] bool Update(const store::Context& context);
  // Of the latest one.
  [[nodiscard]] const std::optional<ContextRow>& row() const { return row_; }
  [[nodiscard]] std::optional<std::string> key() const { return row_ ? std::optional(row_->key) : std::nullopt; }

 private:
  store::Context context_;
  std::optional<ContextRow> row_;
};

// What loading a model took: the entries of its file.
struct LoadRow {
  std::string key;
  std::optional<std::string> device_name;
  std::optional<WallTime> timestamp;
  std::optional<std::string> device_id;
  std::optional<std::string> model_name;
  std::optional<double> load_time_seconds;
  std::string json;  // all of it
};
[[nodiscard]] LoadRow MakeLoadRow(const std::optional<std::string>& device_name, const store::Context& load);

template <typename Cells>
void PutLoadRow(const LoadRow& row, Cells& cells) {
  cells.Text(row.key);
  PutMaybeText(row.device_name, cells);
  row.timestamp ? cells.Time(*row.timestamp) : cells.Null();
  PutMaybeText(row.device_id, cells);
  PutMaybeText(row.model_name, cells);
  row.load_time_seconds ? cells.Real(*row.load_time_seconds) : cells.Null();
  cells.Json(row.json);
}

// A range of records that was reported lost.
struct LossRow {
  std::string key;  // the id that the first of them had
  std::string device_id;
  std::string stream;
  std::int64_t first_sequence = 0;
  std::int64_t last_sequence = 0;
  std::int64_t count = 0;
  std::string reason;
};
[[nodiscard]] LossRow MakeLossRow(const analyze::ReportedLoss& loss);

template <typename Cells>
void PutLossRow(const LossRow& row, Cells& cells) {
  cells.Text(row.key);
  cells.Text(row.device_id);
  cells.Text(row.stream);
  cells.Integer(row.first_sequence);
  cells.Integer(row.last_sequence);
  cells.Integer(row.count);
  cells.Text(row.reason);
}

}  // namespace inferometer::exchange
