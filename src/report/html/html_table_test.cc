#include "report/html/html_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::report::html {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(HtmlTable, NamesAreHeadersOfTheirRows) {
  HtmlTable table("one", "What it holds", {"Model", "Device", "n", {"Source", true}});
  table.Name("m<");
  table.Name("d");
  table.Number(1234.5, 1);
  table.Text("rapl");
  EXPECT_EQ(std::move(table).Take("elsewhere"),
            "<div class=\"scroll\" role=\"region\" aria-labelledby=\"one-c\" tabindex=\"0\"><table id=\"one\">"
            "<caption id=\"one-c\">What it holds</caption>\n<thead><tr><th scope=\"col\" class=\"l\">Model</th>"
            "<th scope=\"col\" class=\"l\">Device</th><th scope=\"col\">n</th><th scope=\"col\" class=\"l\">Source</th>"
            "</tr></thead>\n<tbody>\n<tr><th scope=\"row\"><bdi>m&lt;</bdi></th><th scope=\"row\"><bdi>d</bdi></th>"
            "<td>1,234.5</td><td class=\"l\"><bdi>rapl</bdi></td></tr>\n</tbody></table></div>\n");
}

TEST(HtmlTable, AbsentIsSaidInWords) {
  HtmlTable table("one", "c", {"n", "m"}, 0);
  table.Number(std::nullopt, 1);
  table.Number(std::numeric_limits<double>::infinity(), 1, "n < 59");
  const std::string out = std::move(table).Take("");
  EXPECT_THAT(out, HasSubstr("<td><span class=\"none\">not measured</span></td>"));
  EXPECT_THAT(out, HasSubstr("<td><span class=\"none\">n &lt; 59</span></td>"));
}

TEST(HtmlTable, RowsBeyondTheBoundAreCounted) {
  HtmlTable table("one", "c", {"Name", "n"}, 1);
  for (int i = 0; i < 20'000; ++i) {
    table.Name("<name>");
    table.Number(i, 0);
  }
  const std::string out = std::move(table).Take("the other file has <all>");
  EXPECT_LE(out.size(), HtmlTable::kMostBytes + 300);
  EXPECT_THAT(out, HasSubstr("rows are left out here: the other file has &lt;all&gt;."));
  EXPECT_THAT(out, Not(HasSubstr("19,999")));
}

}  // namespace
}  // namespace inferometer::report::html
