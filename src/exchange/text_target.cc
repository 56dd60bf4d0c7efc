#include "exchange/text_target.h"

#include <string>
#include <utility>

#include "exchange/analysis_csv.h"
#include "record/json_write.h"

namespace inferometer::exchange {
namespace {

class CsvTarget final : public RecordTarget {
 public:
  explicit CsvTarget(AppendText append) : append_(std::move(append)) { AppendRecordsHeader(line_); }
  Status Put(const analyze::RecordOrigin&, const InferenceRecord& record) override {
    AppendRecordLine(record, line_);
    return Flush();
  }
  Status PutLoad(const analyze::RecordOrigin&) override { return Ok(); }
  Status Finish() override { return Flush(); }

 private:
  Status Flush() {
    const Status appended = append_(line_);
    line_.clear();
    return appended;
  }
  AppendText append_;
  std::string line_;  // the header, until the first record
};

class JsonLinesTarget final : public RecordTarget {
 public:
  explicit JsonLinesTarget(AppendText append) : append_(std::move(append)) {}
  Status Put(const analyze::RecordOrigin&, const InferenceRecord& record) override {
    line_.clear();
    record::AppendJson(record, line_);
    line_ += '\n';
    return append_(line_);
  }
  Status PutLoad(const analyze::RecordOrigin&) override { return Ok(); }
  Status Finish() override { return Ok(); }

 private:
  AppendText append_;
  std::string line_;
};

}  // namespace

std::unique_ptr<RecordTarget> MakeCsvTarget(AppendText append) {
  return std::make_unique<CsvTarget>(std::move(append));
}

std::unique_ptr<RecordTarget> MakeJsonLinesTarget(AppendText append) {
  return std::make_unique<JsonLinesTarget>(std::move(append));
}

}  // namespace inferometer::exchange
