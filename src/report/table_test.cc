#include "report/table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "report/terminal_text.h"

namespace inferometer::report {
namespace {

TEST(TerminalText, ShowsWhatWouldDriveTheTerminal) {
  EXPECT_EQ(TerminalText("\x1b[2Jred\a\r\n\t\x7f"), "\\x1b[2Jred\\x07\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(TerminalText("\xc2\x9b"
                         "31m"),
            "\\x9b31m");  // C1
  EXPECT_EQ(TerminalText("\xe2\x80\xae"
                         "evil"),
            "\\u202eevil");  // right-to-left override
  EXPECT_EQ(TerminalText("\xe2\x81\xa6x\xe2\x80\xa8"), "\\u2066x\\u2028");
}

TEST(TerminalText, BytesThatAreNoUtf8AreShown) {
  EXPECT_EQ(TerminalText("a\xff\xc3"), "a\\xff\\xc3");
  EXPECT_EQ(TerminalText("\xc0\xaf\xe0\x80\xaf\xed\xa0\x80\xf4\x90\x80\x80"),
            "\\xc0\\xaf\\xe0\\x80\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
}

TEST(TerminalText, TextOfEveryScriptStaysAsItIs) {
  const std::string text = "caf\xc3\xa9 \xe6\xa8\xa1\xe5\x9e\x8b \xf0\x9f\x98\x80";
  EXPECT_EQ(TerminalText(text), text);
  EXPECT_EQ(ColumnsOf(text), 9U);
}

Table SmallTable() {
  Table table("Time (ms)", {"Device", "n"});
  table.Text("edge|1");
  table.Number(1234.56, 1);
  table.Text("x\x1b*");
  table.Number(std::nullopt, 1);
  return table;
}

TEST(Table, TextIsAlignedAndSanitised) {
  EXPECT_EQ(SmallTable().Render(TableFormat::kText),
            "Time (ms)\n"
            "Device       n\n"
            "------  ------\n"
            "edge|1  1234.6\n"
            "x\\x1b*       -\n");
}

TEST(Table, MarkdownEscapesWhatWouldBreakIt) {
  EXPECT_EQ(SmallTable().Render(TableFormat::kMarkdown),
            "### Time (ms)\n\n"
            "| Device   |      n |\n"
            "| -------- | -----: |\n"
            "| edge\\|1  | 1234.6 |\n"
            "| x\\\\x1b\\* |      - |\n");
}

TEST(Table, WhatIsNotFiniteIsAbsent) {
  Table table("t", {"n"});
  table.Number(std::nan(""), 1);
  EXPECT_EQ(table.Render(TableFormat::kText), "t\n  n\n---\n  -\n");
}

}  // namespace
}  // namespace inferometer::report
