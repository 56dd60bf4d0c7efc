#include "exchange/flat_json.h"

#include <gtest/gtest.h>

namespace inferometer::exchange {
namespace {

FlatJson Parsed(std::string_view json) {
  auto parsed = FlatJson::Parse(json);
  EXPECT_TRUE(parsed.ok()) << parsed.status().message();
  return parsed.ok() ? *parsed : FlatJson();
}

TEST(FlatJson, FindsWhatStandsAnywhere) {
  FlatJson json =
      Parsed(R"({"a":1.5,"b":{"c":"x","d":{"e":true}},"f":[{"g":"first"},{"g":"second"}],"h":[3,4],"i":null})");
  EXPECT_EQ(json.Number("a"), 1.5);
  EXPECT_EQ(json.Text("b.c"), "x");
  EXPECT_EQ(json.Boolean("b.d.e"), true);
  EXPECT_EQ(json.Text("f.0.g"), "first");
  EXPECT_EQ(json.Counts("h"), (std::vector<std::int64_t>{3, 4}));
  EXPECT_TRUE(json.HasObject("b") && !json.HasObject("a") && !json.Has("i") && !json.Has("b.x"));
  EXPECT_EQ(json.Number("i"), std::nullopt);
  EXPECT_TRUE(json.status().ok());
}

void ExpectRefused(std::string_view json, void (*ask)(FlatJson&), const std::string& message) {
  FlatJson parsed = Parsed(json);
  ask(parsed);
  EXPECT_EQ(parsed.status().message(), message) << json;
  EXPECT_EQ(parsed.status().code(), Code::kDataLoss);
}

TEST(FlatJson, WhatIsOfAnotherTypeIsNamedWithItsByte) {
  ExpectRefused(R"({"a":"x"})", [](FlatJson& json) { (void)json.Number("a"); }, "byte 5, field \"a\": not a number");
  ExpectRefused(R"({"a":1.5})", [](FlatJson& json) { (void)json.Count("a"); },
                "byte 5, field \"a\": not a whole number");
  ExpectRefused(R"({"a":-1})", [](FlatJson& json) { (void)json.Count("a"); },
                "byte 5, field \"a\": not a whole number from 0 on");
  ExpectRefused(R"({"a":-1})", [](FlatJson& json) { (void)json.Number("a"); },
                "byte 5, field \"a\": out of range (0 to 1000000000000000)");
  ExpectRefused(R"({"a":1})", [](FlatJson& json) { (void)json.Text("a"); },
                "byte 5, field \"a\": not a text of at most 1024 bytes");
  ExpectRefused(R"({"a":1})", [](FlatJson& json) { (void)json.Boolean("a"); },
                "byte 5, field \"a\": not true or false");
  ExpectRefused(R"({"a":[1,"x"]})", [](FlatJson& json) { (void)json.Counts("a"); },
                "byte 5, field \"a\": not a list of whole numbers from 0 on");
  ExpectRefused(R"({"a":[1,-1]})", [](FlatJson& json) { (void)json.Counts("a"); },
                "byte 5, field \"a\": not a list of whole numbers from 0 on");
  ExpectRefused(R"({"a":{"b":1},"a":{"b":2}})", [](FlatJson& json) { (void)json.Count("a.b"); },
                "byte 10, field \"a.b\": stands twice");
}

TEST(FlatJson, WhatIsOutOfRangeIsNotHandedOut) {
  FlatJson json = Parsed(R"({"a":333333333333333333333,"b":-1,"c":1e74,"d":9223372036854775807,"e":1e15})");
  EXPECT_EQ(json.Number("a"), std::nullopt);
  EXPECT_EQ(json.Number("b"), std::nullopt);
  EXPECT_EQ(json.Number("c", 1e10), std::nullopt);
  EXPECT_EQ(json.Count("d"), std::nullopt);
  EXPECT_EQ(json.Number("e"), 1e15);
  EXPECT_EQ(json.status().message(), "byte 5, field \"a\": out of range (0 to 1000000000000000)");
}

TEST(FlatJson, FirstFailureStays) {
  FlatJson json = Parsed(R"({"a":"x","b":"y"})");
  EXPECT_EQ(json.Number("b"), std::nullopt);
  EXPECT_EQ(json.Number("a"), std::nullopt);
  EXPECT_NE(json.status().message().find("\"b\""), std::string::npos);
}

TEST(FlatJson, DamageIsNamedWithItsByte) {
  for (const auto& [json, place] : {std::pair<const char*, const char*>{"[1]", "byte 0: not a JSON object"},
                                    {"{\"a\":1", "byte 6: JSON document ended early"},
                                    {"{\"a\":1} {}", "byte 8: text after the end"},
                                    {"{\"a\":tru}", "field \"a\""},
                                    {"{\"a\":{\"b\":1e999}}", "field \"a.b\": not a number in range"},
                                    {"{\"a\":\"\\ud800\"}", "field \"a\": not a valid string"},
                                    {"", "byte 0"}}) {
    const auto parsed = FlatJson::Parse(json);
    ASSERT_FALSE(parsed.ok()) << json;
    EXPECT_NE(parsed.status().message().find(place), std::string::npos) << parsed.status().message();
  }
}

TEST(FlatJson, IsBoundedInEveryDirection) {
  std::string deep = "1";
  for (int i = 0; i < 100; ++i) deep = "{\"a\":" + deep + "}";
  EXPECT_TRUE(Parsed(deep).HasObject("a.a.a.a.a.a") && !Parsed(deep).Has("a.a.a.a.a.a.a.a"));
  std::string wide = "{\"a\":1";
  for (std::size_t i = 0; i <= kMostFlatEntries; ++i) wide += ",\"b\":1";
  EXPECT_NE(FlatJson::Parse(wide + "}").status().message().find("too many entries"), std::string::npos);
  std::string list = "{\"a\":[1";
  for (std::size_t i = 0; i <= kMostFlatEntries; ++i) list += ",1";
  EXPECT_NE(FlatJson::Parse(list + "]}").status().message().find("too many items"), std::string::npos);
  FlatJson long_text = Parsed("{\"a\":\"" + std::string(5000, 'x') + "\"}");
  EXPECT_EQ(long_text.Text("a"), std::nullopt);
  EXPECT_FALSE(long_text.status().ok());
}

}  // namespace
}  // namespace inferometer::exchange
