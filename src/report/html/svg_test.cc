#include "report/html/svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::report::html {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Svg, HasARoleANameAndADescription) {
  const std::string svg = Svg("one", {100, 50.26}, "Title", "What it shows").Take();
  EXPECT_EQ(
      svg,
      "<svg role=\"img\" aria-labelledby=\"one-t\" aria-describedby=\"one-d\" viewBox=\"0 0 100 50.3\" width=\"100\" "
      "height=\"50.3\"><title id=\"one-t\">Title</title><desc id=\"one-d\">What it shows</desc>\n</svg>");
}

TEST(Svg, AllTextsAreEscaped) {
  constexpr const char* kHostile = "</title></svg><script>alert('\"')</script>";
  Svg svg("one", {1, 1}, kHostile, kHostile);
  svg.Text("t", {0, 0}, Anchor::kEnd, kHostile);
  const std::string out = std::move(svg).Take();
  EXPECT_THAT(out, Not(HasSubstr("<script")));
  EXPECT_THAT(out, Not(HasSubstr("</svg><")));
  EXPECT_THAT(out, HasSubstr("text-anchor=\"end\">&lt;/title&gt;&lt;/svg&gt;&lt;script&gt;alert(&#39;&quot;&#39;)"));
}

TEST(PathData, IsShort) {
  PathData path;
  path.MoveTo({1, 2.04}).LineTo({-0.04, -3.25}).HorizontalTo(4).VerticalTo(5.06).Close().Dot({7, 8}).Cross({5, 6}, 2.5);
  EXPECT_EQ(path.data(), "M1 2L0 -3.3H4V5.1ZM7 8h0M2.5 3.5l5 5m-5 0l5-5");
}

TEST(Fitting, CutsInTheMiddleAndBetweenCharacters) {
  EXPECT_EQ(Fitting("short", 100), "short");
  const std::string cut = Fitting("SmolLM2-135M-Instruct.Q4_1 on edge-device-01", 150);
  EXPECT_LE(WidthOf(cut), 150);
  EXPECT_TRUE(cut.starts_with("SmolLM2") && cut.ends_with("-01")) << cut;
  EXPECT_THAT(cut, HasSubstr("…"));
  std::string letters;
  for (int i = 0; i < 90; ++i) letters += "日";
  EXPECT_LE(WidthOf(Fitting(letters, 150)), 150);
  EXPECT_EQ(Fitting(letters, 150).size() % 3, 0U);
  EXPECT_FALSE(Fitting(letters, -5).empty());
}

}  // namespace
}  // namespace inferometer::report::html
