#include "analyze/plain_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include "analyze/byte_block.h"

namespace inferometer::analyze {
namespace {

std::string Padded(const std::string& text) { return text + std::string(64, '\0'); }

TEST(ByteBlock, EveryKindOfMachineSeesTheSame) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    constexpr std::string_view kUsual = "0123456789.,-\"\\[]{} \nA";
    char bytes[16];
    for (char& c : bytes) c = round % 2 == 0 ? static_cast<char>(random()) : kUsual[random() % kUsual.size()];
    const ByteBlock block(bytes);
    const PortableByteBlock portable(bytes);
    EXPECT_EQ(block.Digits(), portable.Digits());
    for (const char c : {'.', '"', '\\', '\0', '\x7f', '\x80', '\xff'})
      EXPECT_EQ(block.EqualTo(c), portable.EqualTo(c));
    for (const unsigned bound : {1U, 0x20U, 0x5bU, 0x80U}) EXPECT_EQ(block.From(bound), portable.From(bound)) << bound;
  }
}

// Whatever stands behind them does not count, and every byte of them does.
TEST(SameBytes, SeesEveryByteAndNoMore) {
  std::mt19937 random(4);
  for (std::size_t size = 0; size <= 130; ++size) {
    std::string a(size + 16, '\0');
    for (char& c : a) c = static_cast<char>(random());
    std::string b = a;
    for (std::size_t i = size; i < b.size(); ++i) b[i] = static_cast<char>(~b[i]);
    EXPECT_TRUE(SameBytes(a.data(), b.data(), size)) << size;
    for (std::size_t i = 0; i < size; ++i) {
      b[i] = static_cast<char>(b[i] ^ (1 << random() % 8));
      EXPECT_FALSE(SameBytes(a.data(), b.data(), size)) << size << ' ' << i;
      b[i] = a[i];
    }
  }
}

TEST(ReadNumber, EqualsStrtodToTheLastBit) {
  std::mt19937 random(2);
  for (int round = 0; round < 200'000; ++round) {
    std::string text = random() % 4 == 0 ? "-" : "";
    text += std::to_string(random() % (std::uint64_t{1} << (1 + random() % 32)));
    if (random() % 4 != 0) {
      text += '.';
      for (unsigned i = 0; i <= random() % 17; ++i) text += static_cast<char>('0' + random() % 10);
    }
    if (random() % 8 == 0) text += "e-" + std::to_string(random() % 30);
    const std::string padded = Padded(text + ",");
    double value = 0;
    ASSERT_EQ(ReadNumber(padded.c_str(), &value), padded.c_str() + text.size()) << text;
    EXPECT_EQ(value, std::strtod(text.c_str(), nullptr)) << text;
  }
}

TEST(ReadNumber, WhatJsonForbidsIsRefused) {
  for (const char* text : {"",         "-",  ".5", "1.",        "01",  "-01", "00", "1e",    "1e+",
                           "+1",       "0.", ".",  "12345678.", "-.5", "/",   "x",  "1e999", "0e00000000000000000001",
                           "Infinity", "NaN"}) {
    double value = 0;
    const std::string padded = Padded(text);
    EXPECT_EQ(ReadNumber(padded.c_str(), &value), nullptr) << text;
  }
}

TEST(ReadWholeNumber, TakesDigitsOnly) {
  double value = 0;
  for (const char* text : {"", "-1", "01", "12345678", ".5", "x"}) {
    EXPECT_EQ(ReadWholeNumber(Padded(text).c_str(), &value), nullptr) << text;
  }
  const std::string text = Padded("1234567,");
  EXPECT_EQ(ReadWholeNumber(text.c_str(), &value), text.c_str() + 7);
  EXPECT_EQ(value, 1234567);
  const std::string zero = Padded("0}");
  EXPECT_EQ(ReadWholeNumber(zero.c_str(), &value), zero.c_str() + 1);
}

TEST(SkipNumber, EndsBehindTheNumberHoweverLong) {
  for (const std::size_t length : {1U, 15U, 16U, 17U, 32U, 40U}) {
    const std::string text = Padded(std::string(length, '7') + "}");
    EXPECT_EQ(SkipNumber(text.c_str()), text.c_str() + length);
  }
  for (const char* number : {"-0.5", "1e-05", "1.5E+300", "2e7"}) {
    const std::string text = Padded(std::string(number) + ",");
    EXPECT_EQ(SkipNumber(text.c_str()), text.c_str() + std::strlen(number)) << number;
  }
  EXPECT_EQ(SkipNumber(Padded(",").c_str()), nullptr);
}

TEST(FindStringEnd, FindsTheQuoteAndRefusesWhatIsNotPlain) {
  for (const std::size_t length : {0U, 1U, 15U, 16U, 17U, 100U}) {
    const std::string text = Padded(std::string(length, 'a') + "\"");
    EXPECT_EQ(FindStringEnd(text.c_str()), text.c_str() + length);
    for (const char bad : {'\\', '\n', '\x1f', '\0', '\x80', '\xff'}) {
      const std::string damaged = Padded(std::string(length, 'a') + bad + "\"");
      EXPECT_EQ(FindStringEnd(damaged.c_str()), nullptr) << length << ' ' << static_cast<int>(bad);
    }
  }
}

TEST(SkipFlatList, PassesOverNumbersAndStrings) {
  const auto end_of = [](const std::string& text) {
    const std::string padded = Padded(text);
    const char* end = SkipFlatList(padded.c_str(), padded.c_str() + text.size());
    return end == nullptr ? std::string::npos : static_cast<std::size_t>(end - padded.c_str());
  };
  EXPECT_EQ(end_of("]"), 1U);
  EXPECT_EQ(end_of("1.5,\n  2,\n 3 ], 7"), 14U);
  EXPECT_EQ(end_of("\"a]b\", \"c\"]"), 11U);
  for (const char* text : {"", "1, 2", "[1]]", "{}]", "\"a\\\"]", "1, x]"}) EXPECT_EQ(end_of(text), std::string::npos);
}

}  // namespace
}  // namespace inferometer::analyze
