#include "analyze/index_entry.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "analyze/metrics_file.h"
#include "analyze/sample_files.h"

namespace inferometer::analyze {
namespace {

// What is read of a file with records of every form: with and without an id, failed, of two models, also where nothing
// but the model tells one from the next.
FileRecords ReadSomeFile() {
  const std::string failed =
      R"({"timestamp":"2025-10-07T10:31:00.000001Z","device_id":"pi","model_name":"Tiny","status":"error","error_type":"x"})";
  std::string text = FileWith({OurRecord({1}), OlderRecord({2, 99.125, 7}), failed,
                               OurRecord({3, 1e-3, 2, "pi", "Tiny"}), OurRecord({4, 2e-3, 3, "pi", "Other"})});
  const std::size_t size = text.size();
  text.append(kFilePaddingBytes, '\0');
  FileRecords records;
  MetricsFileReader reader;
  EXPECT_TRUE(reader.Read(std::string_view(text).substr(0, size), "edge", records).ok());
  return records;
}

const std::vector<Disagreement> kDisagreements = {{"m/a.json", "inference_time_ms.avg", 2.5, 3.5},
                                                  {"m/a.json", "cpu_usage_percent.max", 1, std::nullopt}};

std::string EntryOf(const FileRecords& records) {
  std::string entry;
  AppendFileEntry(records, kDisagreements, entry);
  return entry;
}

void ExpectSame(const FileRecords& a, const FileRecords& b) {
  ASSERT_EQ(a.rows().size(), b.rows().size());
  EXPECT_TRUE(std::equal(a.groups().begin(), a.groups().end(), b.groups().begin(), b.groups().end()));
  for (std::size_t i = 0; i < a.rows().size(); ++i) {
    const Row& x = a.rows()[i];
    const Row& y = b.rows()[i];
    EXPECT_TRUE(x.group == y.group && x.has_id == y.has_id && x.timestamp == y.timestamp) << i;
    EXPECT_TRUE(!x.has_id || x.fingerprint == y.fingerprint) << i;
    EXPECT_TRUE(x.sample.present() == y.sample.present() && x.sample.failed == y.sample.failed) << i;
    for (std::size_t q = 0; q < kQuantities; ++q) {
      EXPECT_EQ(x.sample.Get(static_cast<Quantity>(q)), y.sample.Get(static_cast<Quantity>(q))) << i << " " << q;
    }
  }
}

TEST(IndexEntryTest, WhatWasReadOfAFileComesBack) {
  const FileRecords records = ReadSomeFile();
  ASSERT_EQ(records.rows().size(), 5U);
  FileRecords again;
  std::vector<Disagreement> disagreements;
  EXPECT_FALSE(ReadFileEntry(EntryOf(records), "m/a.json", 4, again, disagreements));
  ASSERT_TRUE(ReadFileEntry(EntryOf(records), "m/a.json", 5, again, disagreements));
  ExpectSame(records, again);
  ASSERT_EQ(disagreements.size(), 2U);
  EXPECT_EQ(disagreements[0].file, "m/a.json");
  EXPECT_EQ(disagreements[0].field, "inference_time_ms.avg");
  EXPECT_EQ(disagreements[0].summary, 2.5);
  EXPECT_EQ(disagreements[0].records, 3.5);
  EXPECT_EQ(disagreements[1].records, std::nullopt);
}

// The same row so many times.
FileRecords Repeated(std::size_t count) {
  FileRecords records;
  Row row;
  row.group = records.GroupOf({"pi", "edge", "Tiny", {}, {}, {}});
  row.sample.Set(Quantity::kInferenceTimeMs, 12.5);
  for (std::size_t i = 0; i < count; ++i) records.Add(row);
  return records;
}

TEST(IndexEntryTest, RowsThatAreAllTheSameTakeNoBytesEach) {
  const FileRecords records = Repeated(1'000);
  const std::string entry = EntryOf(records);
  EXPECT_EQ(entry.size(), EntryOf(Repeated(5)).size());
  FileRecords again;
  std::vector<Disagreement> disagreements;
  ASSERT_TRUE(ReadFileEntry(entry, "m/a.json", 1'000, again, disagreements));
  ExpectSame(records, again);
}

TEST(IndexEntryTest, AnEntryThatIsCutOrLongerIsNone) {
  const std::string entry = EntryOf(ReadSomeFile());
  FileRecords records;
  std::vector<Disagreement> disagreements;
  for (std::size_t size = 0; size < entry.size(); ++size) {
    EXPECT_FALSE(ReadFileEntry(entry.substr(0, size), "f", 100, records, disagreements)) << size;
  }
  EXPECT_FALSE(ReadFileEntry(entry + 'x', "f", 100, records, disagreements));
}

TEST(IndexEntryTest, AnyByteMayBeAnother) {
  const std::string entry = EntryOf(ReadSomeFile());
  FileRecords records;
  std::vector<Disagreement> disagreements;
  for (std::size_t i = 0; i < entry.size(); ++i) {
    std::string damaged = entry;
    damaged[i] = static_cast<char>(~damaged[i]);
    if (!ReadFileEntry(damaged, "f", 100, records, disagreements)) continue;
    for (const Row& row : records.rows()) ASSERT_LT(row.group, records.groups().size()) << i;
    records.MakeColumns();  // of numbers that are wrong, in bounds
  }
}

TEST(IndexEntryTest, AnAnswerComesBackForAnotherPathToTheSameFolder) {
  Analysis analysis;
  analysis.files_read = 12;
  Group group;
  group.key = {"id", "edge", "model", "cpu", std::nullopt, "board"};
  group.total_inferences = 7;
  group.failed_inferences = 2;
  group.spreads[1] = Spread{5, 1.5, 2.5, 2, 10.0, 2, std::nullopt, 2.25};
  group.energy_uncertainty = EnergyUncertainty{0.5, 2.5};
  group.load_time_seconds = 1.25;
  analysis.groups = {group, Group{{"a", "b", "c", {}, {}, {}}, 1, 0, {}, {}, {}}};
  analysis.disagreements = {{"m/x/a.json", "f", 1, 2.0}};
  std::string bytes;
  AppendAnswer(analysis, "m", bytes);
  const auto again = ReadAnswer(bytes, "/data/m");
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->files_read, 12U);
  ASSERT_EQ(again->groups.size(), 2U);
  EXPECT_EQ(again->groups[0].key, group.key);
  EXPECT_EQ(again->groups[0].total_inferences, 7U);
  EXPECT_EQ(again->groups[0].failed_inferences, 2U);
  EXPECT_FALSE(again->groups[0].spreads[0].has_value());
  const Spread& spread = *again->groups[0].spreads[1];
  EXPECT_TRUE(spread.count == 5 && spread.min == 1.5 && spread.max == 2.5 && spread.avg == 2 && spread.total == 10.0);
  EXPECT_TRUE(spread.p50 == 2 && !spread.p95 && spread.p99 == 2.25);
  EXPECT_EQ(again->groups[0].energy_uncertainty->avg_mj, 0.5);
  EXPECT_EQ(again->groups[0].energy_uncertainty->total_mj, 2.5);
  EXPECT_EQ(again->groups[0].load_time_seconds, 1.25);
  EXPECT_EQ(again->groups[1].key, analysis.groups[1].key);
  EXPECT_FALSE(again->groups[1].energy_uncertainty || again->groups[1].load_time_seconds);
  ASSERT_EQ(again->disagreements.size(), 1U);
  const Disagreement& one = again->disagreements[0];
  EXPECT_EQ(one.file, "/data/m/x/a.json");
  EXPECT_TRUE(one.field == "f" && one.summary == 1 && one.records == 2.0);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(ReadAnswer(bytes.substr(0, size), "m")) << size;
}

}  // namespace
}  // namespace inferometer::analyze
