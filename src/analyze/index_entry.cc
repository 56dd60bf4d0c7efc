#include "analyze/index_entry.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>

#include "analyze/index_bytes.h"
#include "analyze/index_column.h"

namespace inferometer::analyze {
namespace {

constexpr std::uint16_t kFailedBit = 1U << kQuantities;
constexpr std::uint16_t kIdBit = kFailedBit << 1U;
constexpr std::uint16_t kPresentBits = kFailedBit - 1U;
constexpr std::size_t kLeastKeyBytes = 3 * sizeof(std::uint32_t) + 3;
constexpr std::size_t kLeastGroupBytes = kLeastKeyBytes + 2 * sizeof(std::uint64_t) + kBlocks + 2;
constexpr std::size_t kLeastDisagreementBytes = 2 * sizeof(std::uint32_t) + sizeof(double) + 1;

auto NumberInto(IndexWriter& out) {
  return [&out](double value) { out.Number(value); };
}

void AppendKey(const GroupKey& key, IndexWriter& out) {
  const auto text = [&](const std::string& value) { out.Text(value); };
  for (const std::string* always : {&key.device_id, &key.device_name, &key.model_name}) text(*always);
  for (const auto* sometimes : {&key.compute_device, &key.energy_source, &key.energy_scope}) {
    out.Optional(*sometimes, text);
  }
}

GroupKey ReadKey(IndexReader& in) {
  GroupKey key;
  for (std::string* always : {&key.device_id, &key.device_name, &key.model_name}) *always = in.Text();
  for (auto* sometimes : {&key.compute_device, &key.energy_source, &key.energy_scope}) {
    *sometimes = in.Optional([&] { return std::string(in.Text()); });
  }
  return key;
}

// Rows that have the same quantities, group and outcome one after another stand as one run, column by column.
struct Run {
  std::span<const Row> rows;
  std::uint16_t bits;
};

std::uint16_t BitsOf(const Row& row) {
  return static_cast<std::uint16_t>(row.sample.present() | (row.sample.failed ? kFailedBit : 0) |
                                    (row.has_id ? kIdBit : 0));
}

Run RunAt(std::span<const Row> rows) {
  const std::uint16_t bits = BitsOf(rows.front());
  const auto end = std::find_if(rows.begin(), rows.end(),
                                [&](const Row& row) { return row.group != rows.front().group || BitsOf(row) != bits; });
  return {rows.first(static_cast<std::size_t>(end - rows.begin())), bits};
}

// Those of one stream are alike but for the sequence, and short as columns.
constexpr std::array kFingerprintParts = {&Fingerprint::low, &Fingerprint::high};

void AppendFingerprints(std::span<const Row> rows, std::string& out) {
  std::vector<std::int64_t> words(rows.size());
  for (const auto part : kFingerprintParts) {
    std::transform(rows.begin(), rows.end(), words.begin(),
                   [&](const Row& row) { return static_cast<std::int64_t>(row.fingerprint.*part); });
    AppendWholeColumn(words, out);
  }
}

void ReadFingerprints(IndexReader& in, std::span<Row> rows) {
  std::vector<std::int64_t> words(rows.size());
  for (const auto part : kFingerprintParts) {
    ReadWholeColumn(in, words);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].fingerprint.*part = static_cast<std::uint64_t>(words[i]);
  }
}

void AppendRun(const Run& run, std::string& out) {
  IndexWriter writer(out);
  writer.Number(run.bits);
  writer.Number(run.rows.front().group);
  writer.Number(std::uint64_t{run.rows.size()});
  std::vector<std::int64_t> times;
  for (const Row& row : run.rows) times.push_back(row.timestamp.time_since_epoch().count());
  AppendWholeColumn(times, out);
  if ((run.bits & kIdBit) != 0) AppendFingerprints(run.rows, out);
  std::vector<double> values(run.rows.size());
  for (unsigned rest = run.bits & kPresentBits; rest != 0; rest &= rest - 1) {
    const auto quantity = static_cast<Quantity>(std::countr_zero(rest));
    std::transform(run.rows.begin(), run.rows.end(), values.begin(),
                   [&](const Row& row) { return row.sample.Value(quantity); });
    AppendRealColumn(values, out);
  }
}

// Fails where the group is none of `groups`. REQUIRES: there are not more than `most_rows` yet.
void ReadRun(IndexReader& in, std::size_t groups, std::size_t most_rows, FileRecords& records) {
  const auto bits = in.Number<std::uint16_t>();
  Row alike;
  alike.group = in.Number<std::uint32_t>();
  alike.sample.failed = (bits & kFailedBit) != 0;
  alike.has_id = (bits & kIdBit) != 0;
  for (unsigned rest = bits & kPresentBits; rest != 0; rest &= rest - 1) {
    alike.sample.Set(static_cast<Quantity>(std::countr_zero(rest)), 0);
  }
  const auto count = in.Number<std::uint64_t>();
  if (alike.group >= groups || count == 0 || count > most_rows - records.rows().size()) return in.Fail();
  std::vector<std::int64_t> times(count);
  ReadWholeColumn(in, times);
  if (!in.ok()) return;
  const std::span<Row> rows = records.Append(count, alike);
  for (std::size_t i = 0; i < count; ++i) rows[i].timestamp = WallTime(std::chrono::microseconds(times[i]));
  if (alike.has_id) ReadFingerprints(in, rows);
  std::vector<double> values(count);
  for (unsigned rest = bits & kPresentBits; rest != 0 && in.ok(); rest &= rest - 1) {
    const auto quantity = static_cast<Quantity>(std::countr_zero(rest));
    ReadRealColumn(in, values);
    for (std::size_t i = 0; i < count; ++i) rows[i].sample.Replace(quantity, values[i]);
  }
}

void AppendDisagreement(const Disagreement& one, std::string_view file, IndexWriter& out) {
  out.Text(file);
  out.Text(one.field);
  out.Number(one.summary);
  out.Optional(one.records, NumberInto(out));
}

Disagreement ReadDisagreement(IndexReader& in, const std::string& before) {
  Disagreement one;
  one.file = before;
  one.file += in.Text();
  one.field = in.Text();
  one.summary = in.Number<double>();
  one.records = in.Optional([&] { return in.Number<double>(); });
  return one;
}

void AppendSpread(const Spread& spread, IndexWriter& out) {
  out.Number(std::uint64_t{spread.count});
  for (const double value : {spread.min, spread.max, spread.avg, spread.p50}) out.Number(value);
  for (const auto* value : {&spread.total, &spread.p95, &spread.p99}) out.Optional(*value, NumberInto(out));
}

Spread ReadSpread(IndexReader& in) {
  Spread spread;
  spread.count = in.Number<std::uint64_t>();
  for (double* value : {&spread.min, &spread.max, &spread.avg, &spread.p50}) *value = in.Number<double>();
  for (auto* value : {&spread.total, &spread.p95, &spread.p99})
    *value = in.Optional([&] { return in.Number<double>(); });
  return spread;
}

void AppendGroup(const Group& group, IndexWriter& out) {
  AppendKey(group.key, out);
  out.Number(std::uint64_t{group.total_inferences});
  out.Number(std::uint64_t{group.failed_inferences});
  for (const auto& spread : group.spreads) {
    out.Optional(spread, [&](const Spread& value) { AppendSpread(value, out); });
  }
  out.Optional(group.energy_uncertainty, [&](const EnergyUncertainty& value) {
    out.Number(value.avg_mj);
    out.Number(value.total_mj);
  });
  out.Optional(group.load_time_seconds, NumberInto(out));
}

Group ReadGroup(IndexReader& in) {
  Group group;
  group.key = ReadKey(in);
  group.total_inferences = in.Number<std::uint64_t>();
  group.failed_inferences = in.Number<std::uint64_t>();
  for (auto& spread : group.spreads) spread = in.Optional([&] { return ReadSpread(in); });
  group.energy_uncertainty = in.Optional([&] {
    EnergyUncertainty value;
    value.avg_mj = in.Number<double>();
    value.total_mj = in.Number<double>();
    return value;
  });
  group.load_time_seconds = in.Optional([&] { return in.Number<double>(); });
  return group;
}

template <typename T, typename Append>
void AppendAll(const T& all, IndexWriter& out, Append append) {
  out.Number(std::uint64_t{all.size()});
  for (const auto& one : all) append(one);
}

}  // namespace

void AppendFileEntry(const FileRecords& records, const std::vector<Disagreement>& disagreements, std::string& out) {
  IndexWriter writer(out);
  AppendAll(records.groups(), writer, [&](const GroupKey& key) { AppendKey(key, writer); });
  AppendAll(disagreements, writer, [&](const Disagreement& one) { AppendDisagreement(one, "", writer); });
  writer.Number(std::uint64_t{records.rows().size()});
  for (std::span<const Row> rest = records.rows(); !rest.empty();) {
    const Run run = RunAt(rest);
    AppendRun(run, out);
    rest = rest.subspan(run.rows.size());
  }
}

bool ReadFileEntry(std::string_view entry, const std::string& file, std::size_t most_rows, FileRecords& records,
                   std::vector<Disagreement>& disagreements) {
  records.Clear();
  disagreements.clear();
  IndexReader in(entry);
  const std::size_t groups = in.Count(kLeastKeyBytes);
  for (std::size_t i = 0; i < groups; ++i) {
    if (records.GroupOf(ReadKey(in)) != i) in.Fail();
  }
  for (std::size_t i = in.Count(kLeastDisagreementBytes); i > 0; --i) {
    disagreements.push_back(ReadDisagreement(in, file));
  }
  const auto rows = in.Number<std::uint64_t>();
  while (in.ok() && !in.is_at_end()) ReadRun(in, groups, most_rows, records);
  return in.is_at_end() && records.rows().size() == rows;
}

void AppendAnswer(const Analysis& analysis, std::string_view root, std::string& out) {
  IndexWriter writer(out);
  writer.Number(std::uint64_t{analysis.files_read});
  AppendAll(analysis.groups, writer, [&](const Group& group) { AppendGroup(group, writer); });
  AppendAll(analysis.disagreements, writer, [&](const Disagreement& one) {
    AppendDisagreement(one, std::string_view(one.file).substr(root.size()), writer);
  });
}

std::optional<Analysis> ReadAnswer(std::string_view answer, std::string_view root) {
  IndexReader in(answer);
  Analysis analysis;
  analysis.files_read = in.Number<std::uint64_t>();
  for (std::size_t i = in.Count(kLeastGroupBytes); i > 0 && in.ok(); --i) analysis.groups.push_back(ReadGroup(in));
  const std::string before(root);
  for (std::size_t i = in.Count(kLeastDisagreementBytes); i > 0 && in.ok(); --i) {
    analysis.disagreements.push_back(ReadDisagreement(in, before));
  }
  if (!in.is_at_end()) return std::nullopt;
  return analysis;
}

}  // namespace inferometer::analyze
