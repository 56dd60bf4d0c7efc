#include "exchange/postgresql_copy.h"

#include <gtest/gtest.h>

namespace inferometer::exchange {
namespace {

template <typename Put>
std::string BytesOf(Put put) {
  std::string bytes;
  BinaryCopy copy(bytes);
  put(copy);
  return bytes;
}

std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

// What the server makes of them shows in tests/end_to_end/test_export.py.

TEST(BinaryCopy, FileBeginsAndEndsAsPostgresqlWants) {
  EXPECT_EQ(BytesOf([](BinaryCopy& copy) {
              copy.BeginFile();
              copy.BeginRow(258);
              copy.EndFile();
            }),
            std::string("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\1\2\377\377", 23));
}

TEST(BinaryCopy, CellsAreBigEndianBehindTheirLength) {
  EXPECT_EQ(BytesOf([](BinaryCopy& copy) { copy.Null(); }), Bytes({255, 255, 255, 255}));
  EXPECT_EQ(BytesOf([](BinaryCopy& copy) { copy.Text("ab"); }), Bytes({0, 0, 0, 2, 'a', 'b'}));
  EXPECT_EQ(BytesOf([](BinaryCopy& copy) { copy.Integer(-2); }),
            Bytes({0, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 254}));
  EXPECT_EQ(BytesOf([](BinaryCopy& copy) { copy.Real(1.5); }), Bytes({0, 0, 0, 8, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(BytesOf([](BinaryCopy& copy) { copy.Boolean(true); }), Bytes({0, 0, 0, 1, 1}));
  EXPECT_EQ(BytesOf([](BinaryCopy& copy) { copy.Boolean(false); }), Bytes({0, 0, 0, 1, 0}));
  EXPECT_EQ(BytesOf([](BinaryCopy& copy) { copy.Json("{}"); }), Bytes({0, 0, 0, 3, 1, '{', '}'}));
}

TEST(BinaryCopy, TimesCountMicrosecondsFrom2000) {
  const WallTime second = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1) + std::chrono::seconds(1);
  EXPECT_EQ(BytesOf([&](BinaryCopy& copy) { copy.Time(second); }),
            Bytes({0, 0, 0, 8, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40}));
}

TEST(BinaryCopy, ListsAreArraysOfOneDimension) {
  EXPECT_EQ(
      BytesOf([](BinaryCopy& copy) {
        copy.TextList({"a", ""});
      }),
      Bytes({0, 0, 0, 29, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 'a', 0, 0, 0, 0}));
}

TEST(BinaryCopy, TextIsWhatTheServerTakes) {
  EXPECT_EQ(BytesOf([](BinaryCopy& copy) { copy.Text(std::string_view("a\0b", 3)); }),
            Bytes({0, 0, 0, 5, 'a', 0xef, 0xbf, 0xbd, 'b'}));
}

}  // namespace
}  // namespace inferometer::exchange
