#include "report/html/palette.h"

#include <gtest/gtest.h>

namespace inferometer::report::html {
namespace {

TEST(Contrast, IsThatOfWcag) {
  EXPECT_NEAR(Contrast(0x000000, 0xffffff), 21, 1e-9);
  EXPECT_NEAR(Contrast(0x777777, 0xffffff), 4.48, 0.005);
  EXPECT_EQ(Contrast(0x123456, 0x123456), 1);
  EXPECT_EQ(Contrast(0xffffff, 0x777777), Contrast(0x777777, 0xffffff));
}

// WCAG 2.2 AA: texts 4.5 : 1, what carries meaning 3 : 1, on every background that the page has.
TEST(Palette, StandsOutInLightAndDark) {
  for (const Colour& background : Palette()) {
    if (background.use != Use::kBackground) continue;
    for (const Colour& colour : Palette()) {
      const double least = colour.use == Use::kText ? 4.5 : colour.use == Use::kMark ? 3.0 : 1.0;
      EXPECT_GE(Contrast(colour.light, background.light), least) << colour.name << " on " << background.name;
      EXPECT_GE(Contrast(colour.dark, background.dark), least) << colour.name << " on " << background.name;
    }
  }
}

}  // namespace
}  // namespace inferometer::report::html
