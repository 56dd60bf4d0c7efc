#include "analyze/metrics_file.h"

#include <gtest/gtest.h>

#include <string>

#include "analyze/plain_records.h"
#include "analyze/sample_files.h"
#include "analyze/summary_block.h"
#include "base/timestamp.h"

namespace inferometer::analyze {
namespace {

std::string Padded(const std::string& text) { return text + std::string(kFilePaddingBytes, '\0'); }

// What a reader says of a text, as text.
std::string Told(const Status& status, FileRecords& records) {
  if (!status.ok()) return status.message();
  records.MakeFingerprints();
  std::string told;
  for (const GroupKey& key : records.groups()) {
    told += key.device_id + '|' + key.device_name + '|' + key.model_name + '|' + key.compute_device.value_or("-") +
            '|' + key.energy_source.value_or("-") + '|' + key.energy_scope.value_or("-") + '\n';
  }
  for (const Row& row : records.rows()) {
    told += fmt::format("{} {} {:x}{:x}", row.group, row.sample.failed, row.fingerprint.low, row.fingerprint.high);
    for (std::size_t i = 0; i < kQuantities; ++i) {
      const auto value = row.sample.Get(static_cast<Quantity>(i));
      told += value ? fmt::format(" {}", *value) : " -";
    }
    told += '\n';
  }
  for (const SummaryClaim& claim : records.claims()) {
    told += fmt::format("{} {} {}\n", claim.field, claim.value, claim.tolerance);
  }
  return told;
}

// Reads by the fast way and by simdjson, and holds the two against each other.
std::string Read(const std::string& text) {
  const std::string padded = Padded(text);
  const std::string_view view(padded.data(), text.size());
  MetricsFileReader reader;
  FileRecords records;
  std::string fast = Told(reader.Read(view, "edge", records), records);
  const std::string slow = Told(reader.ReadBySimdjson(view, "edge", records), records);
  EXPECT_EQ(fast, slow) << text;
  return fast;
}

bool IsPlain(const std::string& text) {
  const std::string padded = Padded(text);
  FileRecords records;
  return PlainRecords().Read(std::string_view(padded.data(), text.size()), "edge", records).has_value();
}

std::size_t CountOf(const std::string& text) {
  const std::string padded = Padded(text);
  MetricsFileReader reader;
  FileRecords records;
  const Status status = reader.Read(std::string_view(padded.data(), text.size()), std::nullopt, records);
  EXPECT_TRUE(status.ok()) << status.message();
  return records.rows().size();
}

TEST(MetricsFile, OlderLayoutIsRead) {
  const std::string text = FileWith({OlderRecord({1, 812.5, 1000}), OlderRecord({2, 1e-5, 3})});
  EXPECT_TRUE(IsPlain(text));
  const std::string told = Read(text);
  EXPECT_NE(told.find("00:0f:00:70:91:0a|edge|SmolLM2|cpu|unspecified|-\n"), std::string::npos) << told;
  EXPECT_NE(told.find(" 812.5 12.5 98.5 1000 - - - - -\n"), std::string::npos) << told;
  EXPECT_NE(told.find(" 1e-05 12.5 98.5 3 - - - - -\n"), std::string::npos) << told;
}

TEST(MetricsFile, OurLayoutIsRead) {
  const std::string text = FileWith({OurRecord({1, 812.5, 1000}), OurRecord({2, 700, 3})});
  EXPECT_TRUE(IsPlain(text));
  const std::string told = Read(text);
  EXPECT_NE(told.find("00:0f:00:70:91:0a|edge|SmolLM2|cpu|model|board\n"), std::string::npos) << told;
  EXPECT_NE(told.find(" 812.5 160.5 180.25 1000 600 40.5 50 11 -\n"), std::string::npos) << told;
}

TEST(MetricsFile, RecordsOfDifferentShapesAreAllRead) {
  const std::string failed =
      R"({"timestamp":"2025-10-07T10:30:15Z","device_id":"a1","model_name":"m","status":"error","error_type":"x"})";
  const std::string text =
      FileWith({OurRecord({1}), OurRecord({2}, R"(,"throttled":true,"flags":["concurrent"])"), failed, OurRecord({3}),
                OurRecord({4, 1, 1, "b2", "other"}, R"(,"temperature_c":null)"), OlderRecord({5})});
  EXPECT_TRUE(IsPlain(text));
  EXPECT_EQ(CountOf(text), 6U);
  Read(text);
}

TEST(MetricsFile, WithoutAFolderTheDevicesIdNamesIt) {
  const std::string text = Padded(FileWith({OurRecord({1})}));
  MetricsFileReader reader;
  FileRecords records;
  const std::string_view view(text.data(), text.size() - kFilePaddingBytes);
  ASSERT_TRUE(reader.Read(view, std::nullopt, records).ok());
  EXPECT_EQ(records.groups()[0].device_name, "00:0f:00:70:91:0a");
}

TEST(MetricsFile, WhatIsNotPlainIsReadAllTheSame) {
  for (const std::string more :
       {R"(,"note":"a \" b")", R"(,"note":{"a":[1]})", R"(,"new":[[1],{"x":"]"}])", ",\"caf\xc3\xa9\":1",
        R"(,"note":"\u00e9")", R"(,"big":123456789012345678901234567890)", R"(,"flags":["\n"])"}) {
    const std::string text = FileWith({OurRecord({1}), OurRecord({2}, more)});
    EXPECT_EQ(CountOf(text), 2U) << more;
    Read(text);
  }
  EXPECT_EQ(CountOf(FileWith({OurRecord({1, 1, 1, "a1", R"(\u0041)"}), OurRecord({2, 1, 1, "a1", "A"})})), 2U);
  Read(FileWith({OurRecord({1, 1, 1, "a1", R"(\u0041)"}), OurRecord({2, 1, 1, "a1", "A"})}));
}

TEST(MetricsFile, ModelNamesOfEveryScriptArePlain) {
  const std::string text = FileWith({OurRecord({1, 1, 1, "a1", "\xe6\xa8\xa1\xe5\x9e\x8b"}), OurRecord({2})});
  EXPECT_TRUE(IsPlain(text));
  Read(text);
}

TEST(MetricsFile, TimestampsOfEveryFormAreRead) {
  for (const char* time : {"2025-10-07T10:30:15", "2025-10-07 10:30:15.5", "2025-10-07T10:30:15.123456789Z",
                           "2025-10-07T12:30:15.5+02:00", "2025-10-07T23:59:60Z", "2024-02-29T00:00:00.000001"}) {
    std::string first = OurRecord({1});
    first.replace(first.find("2025"), 27, time);
    Read(FileWith({first, OurRecord({2}), first}));
  }
  TimestampReader reader;
  WallTime read;
  for (const char* time : {"2025-10-07T10:30:15.123456", "2025-10-07T00:00:00.000000Z", "2025-10-07T23:59:59.999999Z",
                           "2025-10-08T01:02:03.000001"}) {
    const std::string text = Padded(std::string(time) + "\"");
    ASSERT_NE(reader.Read(text.c_str(), &read), nullptr) << time;
    EXPECT_EQ(read, *base::ParseTimestamp(time)) << time;
  }
}

TEST(MetricsFile, NameInsideAnotherPlaceIsNotTheList) {
  const std::string inner = R"("context":{"detailed_metrics":[)" + OurRecord({9}) + "]},";
  std::string text = FileWith({OurRecord({1}), OurRecord({2})});
  text.insert(text.find("\"detailed"), inner);
  EXPECT_EQ(CountOf(text), 2U);
  Read(text);
  text = FileWith({});
  text.insert(text.find("\"detailed"), inner);
  EXPECT_EQ(CountOf(text), 0U);
  EXPECT_NE(Read("{" + inner + "\"a\":1}").find("missing"), std::string::npos);
}

TEST(MetricsFile, EmptyListIsAFileWithoutRecords) {
  EXPECT_EQ(CountOf(FileWith({})), 0U);
  EXPECT_EQ(CountOf(R"({"detailed_metrics":[]})"), 0U);
}

TEST(MetricsFile, SummaryIsReadWithItsRounding) {
  const std::string told = Read(FileWith(
      {OurRecord({1})},
      R"({"device_id":"x","total_inferences":1,"failed_inferences":null,"inference_time_ms":{"min":812.5,"avg":1e2,"x":[]},)"
      R"("energy_consumption_mj":null,"unknown":{"min":"y"}})"));
  EXPECT_NE(told.find("total_inferences 1 0.5"), std::string::npos) << told;
  EXPECT_NE(told.find("inference_time_ms.min 812.5 0.05"), std::string::npos) << told;
  EXPECT_NE(told.find("inference_time_ms.avg 100 50"), std::string::npos) << told;
}

TEST(HalfLastDigit, IsHalfAUnitOfWhatIsPrinted) {
  EXPECT_DOUBLE_EQ(HalfLastDigit("812"), 0.5);
  EXPECT_DOUBLE_EQ(HalfLastDigit("812.50\n "), 0.005);
  EXPECT_DOUBLE_EQ(HalfLastDigit("-1.5e-3,"), 0.00005);
  EXPECT_DOUBLE_EQ(HalfLastDigit("1E+2"), 50);
  EXPECT_DOUBLE_EQ(HalfLastDigit(""), 0.5);
}

// Tests of all the error paths follow: each names the byte, and the field where there is one.

void ExpectDamage(const std::string& text, const std::string& problem, std::size_t offset) {
  const std::string padded = Padded(text);
  MetricsFileReader reader;
  FileRecords records;
  const Status status = reader.Read(std::string_view(padded.data(), text.size()), "edge", records);
  ASSERT_FALSE(status.ok()) << text;
  EXPECT_NE(status.message().find(problem), std::string::npos) << status.message();
  EXPECT_EQ(status.offset_bytes(), offset) << status.message();
  Read(text);
}

TEST(MetricsFileDamage, NotAMetricsFile) {
  ExpectDamage("{}", "field \"detailed_metrics\": missing", 0);
  ExpectDamage(R"({"detailed_metrics":7})", "field \"detailed_metrics\": not a list", 20);
  ExpectDamage(R"({"detailed_metrics":null})", "not a list", 20);
  ExpectDamage(R"({"detailed_metrics":[7]})", "a record that is not an object", 21);
  ExpectDamage(R"({"detailed_metrics":[],"detailed_metrics":[]})", "stands twice", 42);
  ExpectDamage(R"({"summary":7,"detailed_metrics":[]})", "field \"summary\": not an object", 11);
  for (const char* text : {"", "[]", "7", "null", "{", "\xff", "{\"a\"}"}) {
    EXPECT_NE(Read(text).find("byte"), std::string::npos) << text;
  }
}

TEST(MetricsFileDamage, TextAfterTheEnd) {
  const std::string text = FileWith({OurRecord({1})});
  EXPECT_NE(Read(text + "x").find("byte"), std::string::npos);
  EXPECT_NE(Read(text + "{}").find("text after the end"), std::string::npos);
  EXPECT_NE(Read(text + text).find("text after the end"), std::string::npos);
}

TEST(MetricsFileDamage, SummaryOfTheWrongType) {
  const auto with = [](const std::string& summary) {
    return R"({"summary":)" + summary + R"(,"detailed_metrics":[]})";
  };
  ExpectDamage(with(R"({"total_inferences":"1"})"), "field \"total_inferences\": not a number", 31);
  ExpectDamage(with(R"({"inference_time_ms":7})"), "field \"inference_time_ms\": not an object", 32);
  ExpectDamage(with(R"({"inference_time_ms":{"avg":[]}})"), "field \"inference_time_ms.avg\": not a number", 39);
  EXPECT_NE(Read(with(R"({"inference_time_ms":{"avg":NaN}})")).find("byte"), std::string::npos);
}

TEST(MetricsFileDamage, RecordInTheMiddle) {
  std::vector<std::string> records;
  records.reserve(9);
  for (int i = 0; i < 9; ++i) records.push_back(OurRecord({i}));
  const auto with = [&](const std::string& from, const std::string& to) {
    auto damaged = records;
    damaged[4].replace(damaged[4].find(from), from.size(), to);
    return FileWith(damaged);
  };
  const auto offset_in = [](const std::string& text, const std::string& value) { return text.find(value); };
  std::string text = with("160.5", "\"160.5\"");
  ExpectDamage(text, "field \"memory_used_mb\": not a number", offset_in(text, "\"160.5\""));
  text = with("180.25", "-180.25");
  ExpectDamage(text, "field \"cpu_percent_avg\": out of range", offset_in(text, "-180.25"));
  text = with("\"generated_tokens\":11", "\"generated_tokens\":11.5");
  ExpectDamage(text, "field \"generated_tokens\": not a whole number", offset_in(text, "11.5"));
  text = with("2025-10-07", "2025-13-07");
  ExpectDamage(text, "field \"timestamp\": not a timestamp", offset_in(text, "\"2025-13-07"));
  text = with("\"model_name\":\"SmolLM2\",", "");
  EXPECT_NE(Read(text).find("field \"model_name\": missing"), std::string::npos);
  text = with("\"decode_ms\":50", "\"decode_ms\":50,\"decode_ms\":50");
  EXPECT_NE(Read(text).find("field \"decode_ms\": stands twice"), std::string::npos);
  for (const char* bad : {"01", "1.", ".5", "1e", "-", "1.2.3", "1 2", "0x1", "nul", ""}) {
    EXPECT_NE(Read(with("180.25", bad)).find("byte"), std::string::npos) << bad;
  }
}

TEST(MetricsFileDamage, TimesThatAreNoneAreRefusedOnTheSameDay) {
  for (const char* clock : {"24:00:00", "10:60:00", "10:00:61", "1a:00:00", "10-00:00", "10:00;00"}) {
    std::string bad = OurRecord({2});
    bad.replace(bad.find("10:30:02"), 8, clock);
    EXPECT_NE(Read(FileWith({OurRecord({1}), bad})).find("not a timestamp"), std::string::npos) << clock;
  }
}

TEST(MetricsFileDamage, EveryTruncationIsRefused) {
  for (const std::string& text : {FileWith({OurRecord({1}), OurRecord({2})}, R"({"total_inferences":2})"),
                                  FileWith({OlderRecord({1}), OlderRecord({2})})}) {
    for (std::size_t length = 0; length + 2 < text.size(); ++length) {
      EXPECT_NE(Read(text.substr(0, length)).find("byte"), std::string::npos) << length;
    }
  }
}

TEST(MetricsFileDamage, EveryChangedByteIsReadTheSameByBothReaders) {
  const std::string text = FileWith({OlderRecord({1}), OlderRecord({2}), OurRecord({3})}, R"({"total_inferences":3})");
  for (std::size_t place = 0; place < text.size(); ++place) {
    for (const char c : {'"', '\\', '}', ']', ',', '0', 'e', '.', '-', ' ', 'x', '\0', '\n', '\xc3'}) {
      std::string changed = text;
      changed[place] = c;
      Read(changed);
    }
  }
}

}  // namespace
}  // namespace inferometer::analyze
