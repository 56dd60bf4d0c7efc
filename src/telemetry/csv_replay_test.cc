#include "telemetry/csv_replay.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "os/temporary_folder.h"

namespace inferometer::telemetry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kHeader = R"("ts","device","co","humidity","light","lpg","motion","smoke","temp")"
                            "\n";
// The data set's first row.
const std::string kRow =
    R"("1.5945120943859746E9","b8:27:eb:bf:9d:51","0.004955938648391245","51.0","false","0.00765082227055719",)"
    R"("false","0.02041127012241292","22.7")"
    "\n";

std::string RowOfTemp(const std::string& temp) {
  std::string row = kRow;
  return row.replace(row.find("22.7"), 4, temp);
}

// Replays a text that comes in pieces of `piece_bytes`.
class Replayed {
 public:
  explicit Replayed(std::string text, std::size_t piece_bytes = 1 << 20) {
    auto replay = CsvReplay::Create(
        [text = std::move(text), piece_bytes, at = std::size_t{0}](std::span<char> buffer) mutable {
          const std::size_t bytes = std::min({piece_bytes, buffer.size(), text.size() - at});
          std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), bytes, buffer.begin());
          at += bytes;
          return Result<std::size_t>(bytes);
        },
        "sensors.csv", [this](const Status& trouble) { troubles.push_back(trouble.message()); });
    status = replay.status();
    if (!replay.ok()) return;
    for (auto next = replay->Next(); next.ok() && next->has_value(); next = replay->Next()) {
      messages.push_back(**next);
      temps.push_back(messages.back().temp);
    }
    EXPECT_EQ(replay->malformed_rows(), troubles.size());
  }
  Status status;
  std::vector<SensorMessage> messages;
  std::vector<double> temps;
  std::vector<std::string> troubles;
};

TEST(CsvReplay, ReadsTheDataSetsOwnForm) {
  const Replayed replayed(kHeader + kRow);
  ASSERT_EQ(replayed.messages.size(), 1U);
  const SensorMessage& message = replayed.messages.front();
  EXPECT_EQ(message.device_id, "b8:27:eb:bf:9d:51");
  EXPECT_EQ(message.ts, WallTime(std::chrono::microseconds(1594512094385975)));
  EXPECT_EQ(message.co, 0.004955938648391245);
  EXPECT_EQ(message.humidity, 51.0);
  EXPECT_FALSE(message.light);
  EXPECT_EQ(message.lpg, 0.00765082227055719);
  EXPECT_FALSE(message.motion);
  EXPECT_EQ(message.smoke, 0.02041127012241292);
  EXPECT_EQ(message.temp, 22.7);
}

TEST(CsvReplay, ColumnsAreFoundByNameInAnyOrderAmongOthers) {
  const Replayed replayed(
      "temp,smoke,note,motion,lpg,light,humidity,co,device,ts\n"
      "22.7,0.02,\"a, b\nc\",true,0.007,1,51,0.004,abc,2020-07-12T00:01:34Z\n"
      "21.5,0.02,,false,0.007,0,51,0.004,abc,1594512099");
  EXPECT_THAT(replayed.troubles, IsEmpty());
  EXPECT_THAT(replayed.temps, ElementsAre(22.7, 21.5));
  EXPECT_TRUE(replayed.messages[0].motion && replayed.messages[0].light);
}

TEST(CsvReplay, ByteOrderMarkCrLfAndBlankLinesArePassedOver) {
  std::string text = "\xef\xbb\xbf" + kHeader + kRow + "\n" + kRow + "\n\n";
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) text.insert(at, "\r");
  const Replayed replayed(text);
  EXPECT_THAT(replayed.troubles, IsEmpty());
  EXPECT_THAT(replayed.temps, ElementsAre(22.7, 22.7));
}

TEST(CsvReplay, TextMayComeInPiecesOfAnySize) {
  std::string text = "\xef\xbb\xbf" + kHeader;
  for (int i = 0; i < 20; ++i) text += RowOfTemp(std::to_string(i));
  for (const std::size_t piece_bytes : {1U, 2U, 3U, 100U}) EXPECT_EQ(Replayed(text, piece_bytes).temps.size(), 20U);
}

struct BadRow {
  std::string row;
  std::string said;
};

class MalformedRow : public testing::TestWithParam<BadRow> {};

TEST_P(MalformedRow, IsReportedWithItsLineAndReadingGoesOn) {
  const Replayed replayed(kHeader + RowOfTemp("1") + GetParam().row + "\n" + RowOfTemp("2") + RowOfTemp("3"));
  EXPECT_THAT(replayed.temps, ElementsAre(1, 2, 3));
  EXPECT_THAT(replayed.troubles, ElementsAre(HasSubstr("sensors.csv, line 3: " + GetParam().said)));
}

std::string WithoutEnd(const std::string& row) { return row.substr(0, row.size() - 1); }

INSTANTIATE_TEST_SUITE_P(
    All, MalformedRow,
    testing::Values(BadRow{WithoutEnd(RowOfTemp("hot")), "column temp: not a number: \"hot\""},
                    BadRow{WithoutEnd(RowOfTemp("")), "column temp: not a number: \"\""},
                    BadRow{WithoutEnd(RowOfTemp("999")), "column temp: out of range (-100 to 200): \"999\""},
                    BadRow{WithoutEnd(RowOfTemp("22\"7")), "text stands between"},
                    BadRow{WithoutEnd(kRow) + ",1", "10 fields, where the header has 9"},
                    BadRow{"1,2,3", "3 fields, where the header has 9"}, BadRow{"\"1,2,3", ""},
                    BadRow{"x\"y", "a quote"}, BadRow{std::string(20'000, 'x'), "more than 16384 bytes"},
                    BadRow{std::string(200'000, '"') + "x", "more than 16384 bytes"},
                    BadRow{"now,abc,0,0,0,0,0,0,0", "column ts: neither seconds since 1970"},
                    BadRow{"1594512099,/,0,0,0,0,0,0,0", "column device: not a device id"},
                    BadRow{"1594512099,abc,0,0,maybe,0,0,0,0", "column light: not true or false: \"maybe\""},
                    BadRow{std::string(3, '\0'), "1 fields"}));

TEST(CsvReplay, RowThatIsCutOffAtTheEndIsReported) {
  const Replayed replayed(kHeader + kRow + kRow.substr(0, 100));
  EXPECT_EQ(replayed.temps.size(), 1U);
  EXPECT_THAT(replayed.troubles, ElementsAre(HasSubstr("line 3")));
}

TEST(CsvReplay, EveryMissingOrRepeatedColumnIsNamed) {
  for (const char* name : {"ts", "device", "co", "humidity", "light", "lpg", "motion", "smoke", "temp"}) {
    std::string header = kHeader;
    const std::string quoted = "\"" + std::string(name) + "\"";
    header.replace(header.find(quoted), quoted.size(), "other");
    const Replayed missing(header + kRow);
    EXPECT_THAT(missing.status.message(),
                HasSubstr("sensors.csv, line 1: the column \"" + std::string(name) + "\" is missing"));
    header = name;
    header += "," + kHeader;
    const Replayed twice(header);
    EXPECT_THAT(twice.status.message(), HasSubstr("the column \"" + std::string(name) + "\" stands twice"));
  }
}

TEST(CsvReplay, InputWithoutAHeaderIsAnError) {
  EXPECT_THAT(Replayed("").status.message(), HasSubstr("sensors.csv is empty"));
  EXPECT_THAT(Replayed("\xef\xbb\xbf").status.message(), HasSubstr("sensors.csv is empty"));
  EXPECT_THAT(Replayed(kRow).status.message(), HasSubstr("the column \"ts\" is missing"));
  EXPECT_FALSE(Replayed("\"ts,device\n").status.ok());
}

TEST(CsvReplay, MemoryStaysConstantOverManyRows) {
  constexpr int kRows = 200'000;
  int rows = 0;
  std::size_t largest_request = 0;
  auto replay = CsvReplay::Create(
      [&](std::span<char> buffer) {
        largest_request = std::max(largest_request, buffer.size());
        const std::string text = rows == 0 ? kHeader + kRow : kRow;
        if (rows++ == kRows) return Result<std::size_t>(0);
        std::copy(text.begin(), text.end(), buffer.begin());
        return Result<std::size_t>(text.size());
      },
      "endless", {});
  ASSERT_TRUE(replay.ok());
  int messages = 0;
  for (auto next = replay->Next(); next.ok() && next->has_value(); next = replay->Next()) ++messages;
  EXPECT_EQ(messages, kRows);
  EXPECT_LE(largest_request, std::size_t{64} * 1024);
}

TEST(CsvReplay, OpensAFileAndReportsToNobody) {
  const os::TemporaryFolder folder;
  auto replay = CsvReplay::Open(folder.Put("a.csv", kHeader + "bad\n" + kRow).string(), {});
  ASSERT_TRUE(replay.ok());
  EXPECT_EQ((*replay->Next())->temp, 22.7);
  EXPECT_FALSE(replay->Next()->has_value());
  EXPECT_FALSE(replay->Next()->has_value()) << "the end stays the end";
  EXPECT_EQ(replay->malformed_rows(), 1U);
}

TEST(CsvReplay, MissingFileIsNamed) {
  EXPECT_THAT(CsvReplay::Open("/no/such.csv", {}).status().message(), HasSubstr("/no/such.csv"));
}

TEST(CsvReplay, ErrorOfReadingIsPassedOnWhereverItComes) {
  for (const std::size_t good_bytes : {std::size_t{0}, std::size_t{10}, kHeader.size() + 10, kHeader.size() + 20'000}) {
    const std::string text = (kHeader + std::string(30'000, 'x')).substr(0, good_bytes);
    bool given = false;
    auto replay = CsvReplay::Create(
        [&](std::span<char> buffer) -> Result<std::size_t> {
          if (std::exchange(given, true) || text.empty()) return {Code::kUnavailable, "the disk is gone"};
          std::copy(text.begin(), text.end(), buffer.begin());
          return text.size();
        },
        "x", {});
    EXPECT_EQ(replay.ok() ? replay->Next().status().message() : replay.status().message(), "the disk is gone");
  }
}

TEST(CsvReplay, RungBellStopsIt) {
  const os::TemporaryFolder folder;
  const auto bell = os::Doorbell::Make();
  ASSERT_TRUE(bell.ok());
  bell->Ring();
  EXPECT_EQ(CsvReplay::Open(folder.Put("a.csv", kHeader).string(), {}, &*bell).status().code(), Code::kCancelled);
}

}  // namespace
}  // namespace inferometer::telemetry
