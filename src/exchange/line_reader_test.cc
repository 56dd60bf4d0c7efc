#include "exchange/line_reader.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::exchange {
namespace {

// The lines of a file of this content, each as "number:text".
std::vector<std::string> LinesOf(const std::string& content) {
  const os::TemporaryFolder folder;
  folder.Put("lines", content);
  LineReader reader(os::InputStream::Open((folder.path() / "lines").string()).value());
  std::vector<std::string> lines;
  for (auto line = reader.Next(); line.ok() && line->has_value(); line = reader.Next()) {
    const Line& one = **line;
    lines.push_back(std::to_string(one.number) + ":" + (one.is_too_long ? "too long" : std::string(one.text)));
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(LineReader, GivesEachLineWithoutItsEnd) {
  EXPECT_EQ(LinesOf("a\n\nb\r\nc"), (Lines{"1:a", "2:", "3:b", "4:c"}));
  EXPECT_EQ(LinesOf("a\n"), Lines{"1:a"});
  EXPECT_EQ(LinesOf(""), Lines{});
}

TEST(LineReader, LinesAcrossPiecesAreWhole) {
  const std::string line(100'000, 'x');
  EXPECT_EQ(LinesOf(line + "\n" + line + "\nend"), (Lines{"1:" + line, "2:" + line, "3:end"}));
}

TEST(LineReader, LineThatIsTooLongIsSaidAndPassedOver) {
  EXPECT_EQ(LinesOf("a\n" + std::string(kLongestLineBytes + 1, 'x') + "\nb"), (Lines{"1:a", "2:too long", "3:b"}));
  EXPECT_EQ(LinesOf(std::string(3 * kLongestLineBytes, 'x')), Lines{"1:too long"});
  const std::string longest(kLongestLineBytes, 'x');
  EXPECT_EQ(LinesOf(longest + "\nb"), (Lines{"1:" + longest, "2:b"}));
}

}  // namespace
}  // namespace inferometer::exchange
